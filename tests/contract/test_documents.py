"""Answers: documents, links, the query string, and the form of errors."""

import re

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.shop import PASSWORD, address, only_error

rule = pytest.mark.contract
BASE = "http://api.shop.example/v1"
PAGING = (400, None, "Pagination parameters are invalid.")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")


async def add_address(shop, account, **changes):
    path = f"/customers/{account.reference}/addresses"
    response = await shop.call("POST", path, address(**changes), by=account)
    assert response.status_code == 201
    return response.json()["data"]["id"]


@rule("doc-1", "doc-2", "doc-8")
@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("PATCH", 200), ("DELETE", 204)])
async def test_one_resource_is_an_object_without_top_level_links(shop, method, status):
    account = await shop.account()
    body = {} if method == "PATCH" else None

    response = await shop.call(method, f"/customers/{account.reference}", body, by=account)

    assert response.status_code == status
    if status == 204:
        assert response.content == b""
        assert "content-type" not in response.headers
    else:
        assert list(response.json()) == ["data"]
        assert list(response.json()["data"]) == ["type", "id", "attributes", "links"]
        assert response.headers["content-type"] == "application/vnd.api+json"


@rule("doc-3", "doc-4", "doc-5")
@pytest.mark.parametrize(
    ("path", "count", "has_id"),
    [
        ("/customers", 1, True),
        ("/customers/{ref}/addresses", 0, True),
        ("/customers/{ref}/orders", 0, True),
        ("/orders", 0, True),
        ("/wishlists", 0, True),
        ("/stores", 1, True),
        ("/customer-access", 1, False),
    ],
)
async def test_a_collection_is_a_list_with_its_own_link(shop, path, count, has_id):
    account = await shop.account()
    path = path.format(ref=account.reference)

    response = await shop.call("GET", path, by=account)

    assert response.status_code == 200
    assert list(response.json()) == ["data", "links"]
    assert response.json()["links"] == {"self": BASE + path}
    assert [(entry["id"] is not None) for entry in response.json()["data"]] == [has_id] * count


@rule("doc-6", "doc-7", "cust-6")
async def test_attributes_are_complete_and_in_order(shop):
    account = await shop.account(dateOfBirth="1990-04-30")

    response = await shop.call("GET", f"/customers/{account.reference}", by=account)

    attributes = response.json()["data"]["attributes"]
    assert list(attributes.items())[:6] == [
        ("firstName", "Ada"),
        ("lastName", "Example"),
        ("email", "ada@shop.example"),
        ("gender", "Female"),
        ("dateOfBirth", "1990-04-30"),
        ("salutation", "Ms"),
    ]
    assert list(attributes)[6:] == ["createdAt", "updatedAt"]
    assert TIMESTAMP.fullmatch(attributes["createdAt"])
    assert TIMESTAMP.fullmatch(attributes["updatedAt"])


@rule("doc-7")
async def test_whole_seconds_have_their_microseconds(shop):
    shop.clock.advance(microseconds=1_000_000 - 589793)

    response = await shop.register()

    assert response.json()["data"]["attributes"]["createdAt"] == "2026-03-14 09:26:54.000000"


QUERIES = [
    ("", ""),
    ("?include=addresses", "?include=addresses"),
    ("?include=", "?include="),
    ("?a=1&b=&a2=x", "?a=1&b=&a2=x"),
    ("?q=ada%40shop.example", "?q=ada@shop.example"),
    ("?page%5Boffset%5D=2&page%5Blimit%5D=5", "?page[offset]=2&page[limit]=5"),
    ("?page[limit]=5&page[offset]=2", "?page[limit]=5&page[offset]=2"),
    ("?q=a+b%20c", "?q=a b c"),
    ("?flag", "?flag="),
    ("?z=%C3%BC", "?z=ü"),
]


@ONE_DATABASE
@rule("link-1", "link-2", "link-6", "query-7")
@pytest.mark.parametrize(("query", "decoded"), QUERIES)
async def test_a_resource_links_to_the_url_that_was_called(shop, query, decoded):
    account = await shop.account()

    response = await shop.call("GET", f"/customers/{account.reference}/{query}", by=account)

    assert (
        response.json()["data"]["links"]["self"] == f"{BASE}/customers/{account.reference}{decoded}"
    )


@ONE_DATABASE
@rule("link-2", "link-5", "link-6", "query-7")
@pytest.mark.parametrize(("query", "decoded"), QUERIES)
@pytest.mark.parametrize("path", ["/customers", "/customers/{ref}/addresses", "/orders"])
async def test_a_collection_links_to_the_url_that_was_called(shop, path, query, decoded):
    account = await shop.account()
    path = path.format(ref=account.reference)

    response = await shop.call("GET", path + query, by=account)

    assert response.json()["links"]["self"] == BASE + path + decoded


@rule("link-1", "link-2", "doc-5")
async def test_what_has_no_id_links_to_its_type(shop):
    await shop.account()
    login = {"username": "ada@shop.example", "password": PASSWORD}

    tokens = await shop.call("POST", "/access-tokens?x=1", login)
    access = await shop.call("GET", "/customer-access?x=1")

    (hidden,) = access.json()["data"]
    assert tokens.json()["data"]["id"] is hidden["id"] is None
    assert tokens.json()["data"]["links"]["self"] == f"{BASE}/access-tokens?x=1"
    assert hidden["links"]["self"] == f"{BASE}/customer-access?x=1"


@rule("link-2")
async def test_the_members_of_a_collection_repeat_the_query_too(shop):
    response = await shop.call("GET", "/stores?x=1")

    assert response.json()["data"][0]["links"]["self"] == f"{BASE}/stores/DE?x=1"


@rule("link-3")
async def test_addresses_link_without_any_query(shop):
    account = await shop.account()
    path = f"/customers/{account.reference}/addresses"

    created = await shop.call("POST", f"{path}?x=1", address(), by=account)
    uuid = created.json()["data"]["id"]
    read = await shop.call("GET", f"{path}/{uuid}?x=1", by=account)
    listed = await shop.call("GET", f"{path}?x=1", by=account)

    links = [answer.json()["data"]["links"] for answer in (created, read)]
    assert links == [{"self": f"{BASE}{path}/{uuid}"}] * 2
    assert listed.json()["data"][0]["links"] == links[0]


@rule("link-4")
async def test_a_created_resource_links_to_the_url_that_was_called_and_its_id(shop):
    customer = await shop.register()

    data = customer.json()["data"]
    assert data["links"]["self"] == f"{BASE}/customers/{data['id']}"


@rule("query-1", "cust-8", "link-3")
@pytest.mark.parametrize("path", ["/customers/{ref}", "/customers"])
@pytest.mark.parametrize(
    "include", ["addresses", "wishlists,addresses,nothing", "addresses,addresses"]
)
async def test_include_brings_addresses(shop, path, include):
    account = await shop.account()
    ids = [await add_address(shop, account), await add_address(shop, account, city="Ulm")]

    response = await shop.call(
        "GET", f"{path.format(ref=account.reference)}?include={include}", by=account
    )

    data = response.json()["data"]
    customer = data[0] if isinstance(data, list) else data
    identifiers = [{"type": "addresses", "id": id_} for id_ in ids]
    included = response.json()["included"]
    assert customer["relationships"] == {"addresses": {"data": identifiers}}
    assert [entry["id"] for entry in included] == ids
    assert [entry["attributes"]["city"] for entry in included] == ["Berlin", "Ulm"]
    assert included[0]["links"] == {
        "self": f"{BASE}/customers/{account.reference}/addresses/{ids[0]}"
    }


@rule("query-2")
@pytest.mark.parametrize("query", ["", "?include=", "?include=wishlists,nothing", "?include=,"])
async def test_nothing_is_included_unless_it_is_asked_for(shop, query):
    account = await shop.account()
    await add_address(shop, account)

    response = await shop.call("GET", f"/customers/{account.reference}{query}", by=account)

    assert list(response.json()) == ["data"]
    assert "relationships" not in response.json()["data"]


@rule("query-2")
async def test_an_empty_relationship_is_left_out(shop):
    account = await shop.account()

    response = await shop.call(
        "GET", f"/customers/{account.reference}?include=addresses", by=account
    )

    assert list(response.json()) == ["data"]
    assert "relationships" not in response.json()["data"]


@ONE_DATABASE
@rule("query-3")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fields[customers]=email,firstName", ["firstName", "email"]),
        ("fields%5Bcustomers%5D=email", ["email"]),
        ("fields[customers]=email,nothing", ["email"]),
        ("fields[customers]=", []),
        ("fields[addresses]=city&fields[customers]=gender", ["gender"]),
    ],
)
async def test_fields_keeps_only_the_attributes_asked_for(shop, query, expected):
    account = await shop.account()

    response = await shop.call("GET", f"/customers/{account.reference}?{query}", by=account)

    assert list(response.json()["data"]["attributes"]) == expected


@rule("query-3")
async def test_fields_counts_for_included_resources_too(shop):
    account = await shop.account()
    await add_address(shop, account)

    response = await shop.call(
        "GET",
        f"/customers/{account.reference}?include=addresses&fields[addresses]=city",
        by=account,
    )

    assert response.json()["included"][0]["attributes"] == {"city": "Berlin"}
    assert len(response.json()["data"]["attributes"]) == 8


@ONE_DATABASE
@rule("query-4", "check-1")
@pytest.mark.parametrize(
    "query",
    [
        "page[limit]=0",
        "page[limit]=-1",
        "page[limit]=x",
        "page[limit]=",
        "page[limit]=1.5",
        "page[offset]=x",
        "page[offset]=-1",
        "page[offset]=1e3",
        "page[offset]=0&page[limit]=0",
        "page[offset]=x&page[limit]=10",
        "page[offset]=99999999999999999999&page[limit]=10",
    ],
)
@pytest.mark.parametrize("path", ["/orders", "/stores", "/nothing"])
async def test_bad_pages_are_refused_everywhere(shop, path, query):
    response = await shop.call("GET", f"{path}?{query}")

    assert only_error(response) == PAGING


@ONE_DATABASE
@rule("query-4", "query-5")
@pytest.mark.parametrize("path", ["/orders", "/customers/{ref}/orders", "/wishlists"])
@pytest.mark.parametrize(
    "query",
    [
        "page[offset]=0&page[limit]=10",
        "page[offset]=20&page[limit]=10",
        "page[offset]=3",
        "page[limit]=3",
        "page[offset]=",
    ],
)
async def test_an_empty_collection_has_no_paging_links(shop, path, query):
    account = await shop.account()
    path = path.format(ref=account.reference)

    response = await shop.call("GET", f"{path}?{query}", by=account)

    assert response.json() == {"data": [], "links": {"self": f"{BASE}{path}?{query}"}}


@ONE_DATABASE
@rule("query-7")
@pytest.mark.parametrize(
    "query", ["sort=-createdAt", "filter[orders.search]=x", "q=x", "unknown=1"]
)
async def test_other_parameters_change_nothing(shop, query):
    account = await shop.account()

    response = await shop.call("GET", f"/orders?{query}", by=account)

    assert response.status_code == 200
    assert response.json()["data"] == []


@ONE_DATABASE
@rule("query-8", "check-1")
@pytest.mark.parametrize(
    "query", ["a=1&a=2", "include=a&include=b", "q=%00", "%00=1", "q=%ff", "q=%C3%28"]
)
async def test_queries_that_cannot_be_read_are_refused(shop, query):
    response = await shop.call("GET", f"/stores?{query}")

    assert only_error(response) == (400, None, "Query parameters are invalid.")


@ONE_DATABASE
@rule("error-1", "error-2", "val-1", "err-901")
async def test_several_errors_share_their_status(shop):
    response = await shop.call("POST", "/access-tokens", {})

    assert response.status_code == 422
    assert response.headers["content-type"] == "application/vnd.api+json"
    assert response.json() == {
        "errors": [
            {"code": "901", "status": 422, "detail": "username => This field is missing."},
            {"code": "901", "status": 422, "detail": "password => This field is missing."},
        ]
    }


@ONE_DATABASE
@rule("error-1", "error-2")
@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/nothing", {"status": 404, "detail": "Not Found"}),
        ("/customers", {"code": "002", "status": 403, "detail": "Missing access token."}),
        ("/stores/XX", {"code": "601", "status": 404, "detail": "Store not found."}),
    ],
)
async def test_an_error_has_a_code_unless_it_is_one_of_form_or_routing(shop, path, error):
    response = await shop.call("GET", path)

    assert response.status_code == error["status"]
    assert response.json() == {"errors": [error]}


@ONE_DATABASE
@rule("error-3")
async def test_values_never_come_back_in_errors(shop):
    canary = "c4nary-Value!"
    values = dict.fromkeys(
        [
            "email",
            "gender",
            "salutation",
            "password",
            "confirmPassword",
            "acceptedTerms",
            "dateOfBirth",
        ],
        canary[:11],
    )

    response = await shop.call("POST", "/customers", {**values, "firstName": canary * 9})

    assert response.status_code == 422
    assert canary[:11] not in response.text
