"""Pairs, slashes, empty segments, and what is answered when there is no route."""

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.shop import PASSWORD, address, only_error

rule = pytest.mark.contract
UUID = "6f1d9d5c-3f3b-4a4e-9d5e-0a3a1c9f2b11"
MISSING = (400, None, "Resource id is not specified.")
NOT_FOUND = (404, None, "Not Found")
NOT_ALLOWED = (405, None, "Method Not Allowed")


@pytest.mark.promise("S124")
@ONE_DATABASE
@rule("url-1", "url-2", "link-5")
@pytest.mark.parametrize(
    ("method", "path", "canonical"),
    [
        ("GET", "/customers", "/customers"),
        ("GET", "/customers/", "/customers"),
        ("GET", "/customers//", "/customers"),
        ("GET", "/customers/{ref}/", "/customers/{ref}"),
        ("GET", "/customers/{ref}/addresses", "/customers/{ref}/addresses"),
        ("GET", "/customers/{ref}/addresses/", "/customers/{ref}/addresses"),
    ],
)
async def test_slashes_around_a_path_do_not_count(shop, method, path, canonical):
    account = await shop.account()

    response = await shop.call(method, path.format(ref=account.reference), by=account)

    assert response.status_code == 200
    body = response.json()
    links = body["links"] if "links" in body else body["data"]["links"]
    assert links["self"] == "http://api.shop.example/v1" + canonical.format(ref=account.reference)


@pytest.mark.promise("S124")
@ONE_DATABASE
@rule("url-2")
async def test_writes_take_a_slash_at_the_end_too(shop):
    created = await shop.call("POST", "/customers/", {"email": "x"})
    changed = await shop.call("PATCH", "/customer-password/DE--1/", {})
    revoked = await shop.call("DELETE", "/refresh-tokens/mine/")

    assert created.status_code == 422
    assert only_error(changed) == (403, "002", "Missing access token.")
    assert only_error(revoked) == (403, "002", "Missing access token.")


@ONE_DATABASE
@rule("url-4")
@pytest.mark.parametrize(
    "path",
    [
        "/customers/{ref}",
        "/customers/{ref}/addresses/" + UUID,
        "/access-tokens/x",
        "/customer-access/x",
        "/orders/x",
        "/customer-password/{ref}",
        "/wishlists/x",
    ],
)
async def test_posting_to_an_id_is_no_route(shop, path):
    account = await shop.account()

    response = await shop.call("POST", path.format(ref=account.reference), {}, by=account)

    assert only_error(response) == NOT_FOUND


@ONE_DATABASE
@rule("url-5", "url-16", "url-18", "check-2", "doc-1")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nothing"),
        ("DELETE", "/nothing"),
        ("PUT", "/nothing/x"),
        ("GET", "/customers/{ref}/nothing"),
        ("GET", "/addresses"),
        ("GET", "/addresses/" + UUID),
        ("GET", "/nothing//addresses"),
        ("GET", "/stores/DE/customers"),
        ("GET", "/Customers"),
        ("PATCH", "/customer-restorepassword/{ref}"),
        ("POST", "/shopping-lists/shopping-list-items"),
    ],
)
async def test_unknown_chains_of_types_are_not_found(shop, method, path):
    account = await shop.account()
    body = {} if method in {"POST", "PATCH"} else None

    response = await shop.call(method, path.format(ref=account.reference), body, by=account)

    assert only_error(response) == NOT_FOUND


@ONE_DATABASE
@rule("url-6", "url-7", "url-15", "url-17", "doc-1")
@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/access-tokens", "POST"),
        ("HEAD", "/access-tokens", "POST"),
        ("GET", "/refresh-tokens", "POST"),
        ("GET", "/refresh-tokens/x", "DELETE"),
        ("PATCH", "/access-tokens", "POST"),
        ("PATCH", "/access-tokens/x", "POST"),
        ("GET", "/customer-confirmation", "POST"),
        ("GET", "/customer-email-confirmation", "POST"),
        ("GET", "/customer-email-undo", "POST"),
        ("PATCH", "/customer-password-undo", "POST"),
        ("GET", "/customer-password/DE--1", "PATCH"),
        ("POST", "/customer-password", "PATCH"),
        ("DELETE", "/customer-restore-password/x", "PATCH"),
        ("PUT", "/customers", "GET, HEAD, POST"),
        ("PUT", "/customers/DE--1", "DELETE, GET, HEAD, PATCH"),
        ("PUT", "/customers/DE--1/addresses", "GET, HEAD, POST"),
        ("PUT", "/customers/DE--1/addresses/x", "DELETE, GET, HEAD, PATCH"),
        ("OPTIONS", "/customers", "GET, HEAD, POST"),
        ("TRACE", "/stores", "GET, HEAD"),
        ("DELETE", "/stores", "GET, HEAD"),
        ("DELETE", "/customer-access", "GET, HEAD"),
        ("DELETE", "/orders/x", "GET, HEAD"),
        ("POST", "/wishlists", "GET, HEAD"),
        ("POST", "/shopping-lists", "GET, HEAD"),
        ("PUT", "/wishlists/x", "DELETE, GET, HEAD, PATCH"),
        ("PUT", "/shopping-lists/x", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/token", "POST"),
        ("GET", "/agent-access-tokens", "POST"),
        ("POST", "/agent-customer-search", "GET, HEAD"),
    ],
)
async def test_a_method_that_a_type_lacks_is_not_allowed(shop, method, path, allow):
    response = await shop.call(method, path)

    if method != "HEAD":
        assert only_error(response) == NOT_ALLOWED
    assert response.status_code == 405
    assert response.headers["allow"] == allow
    assert response.headers["content-type"] == "application/vnd.api+json"


@ONE_DATABASE
@rule("url-8", "url-13", "url-14", "url-20")
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/customers"),
        ("PATCH", "/customers/"),
        ("DELETE", "/customers"),
        ("PATCH", "/customers//addresses/" + UUID),
        ("DELETE", "/customers//addresses/" + UUID),
        ("PATCH", "/customers/{ref}/addresses"),
        ("DELETE", "/customers/{ref}/addresses/"),
        ("DELETE", "/customers//addresses"),
        ("PATCH", "/customer-password"),
        ("PATCH", "/customer-restore-password/"),
        ("DELETE", "/refresh-tokens"),
        ("PATCH", "/wishlists//wishlist-items/x"),
        ("DELETE", "/wishlists//wishlist-items/x"),
        ("PATCH", "/shopping-lists//shopping-list-items/x"),
        ("DELETE", "/shopping-lists//shopping-list-items/x"),
        ("PATCH", "/shopping-lists/x/shopping-list-items/"),
        ("DELETE", "/shopping-lists/x/shopping-list-items/"),
    ],
)
async def test_changing_without_an_id_is_refused(shop, method, path):
    account = await shop.account()
    body = {} if method == "PATCH" else None

    response = await shop.call(method, path.format(ref=account.reference), body, by=account)

    assert only_error(response) == MISSING


@rule("url-3", "url-10", "url-11", "url-12", "addr-7", "order-3", "err-411", "err-802")
@pytest.mark.parametrize(
    ("method", "path", "attributes", "code"),
    [
        ("POST", "/customers//addresses", address(), "411"),
        ("GET", "/customers//addresses", None, "411"),
        ("GET", "/customers//addresses/" + UUID, None, "411"),
        ("GET", "/customers//orders", None, "802"),
    ],
)
async def test_an_empty_reference_is_somebody_elses(shop, method, path, attributes, code):
    account = await shop.account()

    response = await shop.call(method, path, attributes, by=account)

    assert only_error(response) == (403, code, "Unauthorized request.")


@rule("url-9")
@pytest.mark.parametrize(
    "path",
    [
        "/stores",
        "/stores/DE",
        "/stores/XX",
        "/customers",
        "/customers/{ref}",
        "/orders",
        "/customer-access",
    ],
)
async def test_head_is_a_get_without_its_body(shop, path):
    account = await shop.account()
    path = path.format(ref=account.reference)
    get = await shop.call("GET", path, by=account, headers={"x-request-id": "the-same-id"})

    head = await shop.call("HEAD", path, by=account, headers={"x-request-id": "the-same-id"})

    assert head.status_code == get.status_code
    assert head.content == b""
    assert dict(head.headers) == dict(get.headers)


@ONE_DATABASE
@rule("url-9")
async def test_head_needs_a_token_where_get_does(shop):
    response = await shop.call("HEAD", "/customers")

    assert response.status_code == 403


@rule("url-21")
@pytest.mark.parametrize(
    ("method", "path", "attributes", "expected"),
    [
        ("GET", "/customers/..%2F..%2Fstores", None, (404, "402")),
        ("GET", "/customers/a%2fb", None, (404, "402")),
        ("GET", "/customers/{ref}/addresses/a%2Fb", None, (404, "404")),
        ("GET", "/orders/a%2Fb", None, (404, "801")),
        ("PATCH", "/customer-restore-password/a%2Fb", {}, (422, "901")),
        ("GET", "/customers%2F{ref}", None, (404, None)),
    ],
)
async def test_an_encoded_slash_stays_in_its_segment(shop, method, path, attributes, expected):
    account = await shop.account()

    response = await shop.call(method, path.format(ref=account.reference), attributes, by=account)

    error = response.json()["errors"][0]
    assert (response.status_code, error.get("code")) == expected


@rule("url-21", "refresh-4")
async def test_a_token_with_an_encoded_slash_is_unknown(shop):
    account = await shop.account()

    response = await shop.call("DELETE", "/refresh-tokens/a%2Fb", by=account)

    assert response.status_code == 204


@pytest.mark.parametrize(
    "path", ["/v1%2Fcustomers", "/back-office%2Fv1/customers", "/%2Fv1/stores"]
)
async def test_an_encoded_slash_leads_to_no_other_route(shop, path):
    response = await shop.client.get(f"http://api.shop.example{path}")

    assert only_error(response) == NOT_FOUND


@rule("url-5", "url-21", "json-7")
@pytest.mark.parametrize(
    "path", ["/customers/%00", "/stores/%00", "/customers/%ff", "/stores/" + "x" * 3000]
)
async def test_odd_characters_in_a_path_are_not_found(shop, path):
    account = await shop.account()

    response = await shop.call("GET", path, by=account)

    assert response.status_code == 404
    assert PASSWORD not in response.text
