"""`ETag` and `If-Match`: changing only what one has seen."""

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.shop import OTHER_PASSWORD, PASSWORD, Shop, address, only_error, registration

rule = pytest.mark.contract
STALE = (412, "006", "If-Match header value is invalid.")


def profile_of(account):
    return f"/customers/{account.reference}"


async def add(shop: Shop, account, **changes):
    """Add an address and return its path."""
    book = f"{profile_of(account)}/addresses"
    created = await shop.call("POST", book, address(**changes), by=account)
    assert created.status_code == 201
    return f"{book}/{created.json()['data']['id']}"


async def etag(shop: Shop, account, path):
    response = await shop.call("GET", path, by=account)
    assert response.status_code == 200
    return response.headers["etag"]


@rule("etag-1", "head-6")
async def test_one_customer_or_address_has_an_etag(shop):
    created = await shop.register()
    account = await shop.account("grace@shop.example")
    path = await add(shop, account)

    for each in (profile_of(account), path):
        read = await shop.call("GET", each, by=account)
        changed = await shop.call("PATCH", each, {}, by=account)
        assert read.headers["etag"].startswith('"')
        assert changed.headers["etag"] == await etag(shop, account, each)
    assert created.headers["etag"] == '"1"'


@rule("etag-1")
async def test_a_new_address_has_an_etag(shop):
    account = await shop.account()
    book = f"{profile_of(account)}/addresses"

    created = await shop.call("POST", book, address(), by=account)

    path = f"{book}/{created.json()['data']['id']}"
    assert created.headers["etag"] == await etag(shop, account, path)


@ONE_DATABASE
@rule("etag-1")
@pytest.mark.parametrize("path", ["/customers", "{profile}/addresses", "/stores/DE", "/orders"])
async def test_nothing_else_has_an_etag(shop, path):
    account = await shop.account()

    response = await shop.call("GET", path.format(profile=profile_of(account)), by=account)

    assert response.status_code == 200
    assert "etag" not in response.headers


@rule("etag-2")
@pytest.mark.parametrize(
    ("of", "attributes"), [("profile", {"firstName": "Augusta"}), ("address", {"city": "Ulm"})]
)
async def test_each_change_gives_another_etag(shop, of, attributes):
    account = await shop.account()
    path = profile_of(account) if of == "profile" else await add(shop, account)
    before = await etag(shop, account, path)

    changed = await shop.call("PATCH", path, attributes, by=account)

    assert changed.headers["etag"] != before
    assert changed.headers["etag"] == await etag(shop, account, path)


@rule("etag-2")
@pytest.mark.parametrize("flag", ["isDefaultBilling", "isDefaultShipping"])
async def test_an_address_that_loses_a_default_has_another_etag(shop, flag):
    account = await shop.account()
    first = await add(shop, account)
    before = await etag(shop, account, first)

    second = await add(shop, account, **{flag: True})

    taken = await etag(shop, account, first)
    await shop.call("PATCH", second, {flag: False}, by=account)
    assert taken not in {before, None}
    assert await etag(shop, account, first) == taken


@ONE_DATABASE
@rule("etag-2")
@pytest.mark.parametrize("query", ["include=addresses", "fields[customers]=email"])
async def test_the_query_makes_no_difference_to_the_etag(shop, query):
    account = await shop.account()
    await add(shop, account)

    narrowed = await etag(shop, account, f"{profile_of(account)}?{query}")

    assert narrowed == await etag(shop, account, profile_of(account))


@rule("etag-3")
@pytest.mark.parametrize("of", ["profile", "address"])
async def test_the_present_state_is_changed(shop, of):
    account = await shop.account()
    path = profile_of(account) if of == "profile" else await add(shop, account)
    sent = {"If-Match": await etag(shop, account, path)}

    changed = await shop.call("PATCH", path, {"lastName": "King"}, by=account, headers=sent)
    again = await shop.call("PATCH", path, {"lastName": "Byron"}, by=account, headers=sent)

    kept = await shop.call("GET", path, by=account)
    assert changed.status_code == 200
    assert only_error(again) == STALE
    assert again.json()["errors"][0]["meta"] == {"etag": changed.headers["etag"]}
    assert kept.json()["data"]["attributes"]["lastName"] == "King"
    assert kept.headers["etag"] == changed.headers["etag"]


@rule("etag-3", "err-006")
@pytest.mark.parametrize("of", ["profile", "address"])
async def test_another_state_is_not_deleted(shop, of):
    account = await shop.account()
    path = profile_of(account) if of == "profile" else await add(shop, account)
    present = await etag(shop, account, path)

    stale = await shop.call("DELETE", path, by=account, headers={"If-Match": '"0"'})
    good = await shop.call("DELETE", path, by=account, headers={"If-Match": present})

    assert only_error(stale) == STALE
    assert stale.json()["errors"][0]["meta"] == {"etag": present}
    assert good.status_code == 204


@ONE_DATABASE
@rule("etag-4")
@pytest.mark.parametrize("value", ["*", '"x", {present}', '"x",,{present} ,', '{present}, W/"x"'])
async def test_one_tag_of_several_or_a_star_will_do(shop, value):
    account = await shop.account()
    path = profile_of(account)
    sent = {"If-Match": value.format(present=await etag(shop, account, path))}

    response = await shop.call("PATCH", path, {"lastName": "King"}, by=account, headers=sent)

    assert response.status_code == 200


@ONE_DATABASE
@rule("etag-4")
@pytest.mark.parametrize(
    "value",
    ["W/{present}", "{bare}", "", '"', "*, {present}", "{present} {present}", 'w/"2"', '""'],
)
async def test_weak_tags_and_what_is_no_list_match_nothing(shop, value):
    account = await shop.account()
    path = profile_of(account)
    present = await etag(shop, account, path)
    sent = {"If-Match": value.format(present=present, bare=present.strip('"'))}

    response = await shop.call("PATCH", path, {"lastName": "King"}, by=account, headers=sent)

    assert only_error(response) == STALE


@rule("etag-5", "check-19")
async def test_whose_it_is_comes_before_its_state_and_its_state_before_the_rest(shop):
    account = await shop.account()
    other = await shop.account("grace@shop.example")
    stale = {"If-Match": '"0"'}
    nowhere = f"{profile_of(account)}/addresses/{'0' * 8}-0000-4000-8000-{'0' * 12}"
    passwords = {"password": PASSWORD, "confirmPassword": OTHER_PASSWORD}

    async def refused(method, path, attributes=None):
        response = await shop.call(method, path, attributes, by=account, headers=stale)
        return only_error(response)[:2]

    assert await refused("PATCH", profile_of(other), {"email": "x"}) == (422, "901")
    assert await refused("PATCH", profile_of(other), {}) == (403, "411")
    assert await refused("DELETE", profile_of(other)) == (403, "411")
    assert await refused("PATCH", nowhere, {}) == (404, "404")
    assert await refused("DELETE", nowhere) == (404, "404")
    assert await refused("PATCH", profile_of(account), passwords) == (412, "006")
    assert await shop.is_logged_in(other)


@ONE_DATABASE
@rule("etag-6")
async def test_elsewhere_the_state_is_not_asked_for(shop):
    account = await shop.account()
    stale = {"If-Match": '"0"'}
    passwords = {
        "password": PASSWORD,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    path = f"/customer-password/{account.reference}"

    created = await shop.call(
        "POST", "/customers", registration(email="grace@shop.example"), headers=stale
    )
    read = await shop.call("GET", profile_of(account), by=account, headers=stale)
    changed = await shop.call("PATCH", path, passwords, by=account, headers=stale)

    assert (created.status_code, read.status_code, changed.status_code) == (201, 200, 204)


@rule("cors-5")
@pytest.mark.parametrize("origin", ["https://www.shop.example", "*"])
async def test_scripts_may_read_the_state(open_shop, origin):
    shop = await open_shop(cors_origins=(origin,))

    response = await shop.client.get("/stores", headers={"origin": "https://www.shop.example"})

    exposed = response.headers["access-control-expose-headers"]
    assert exposed == "ETag, Retry-After, X-Request-Id"
