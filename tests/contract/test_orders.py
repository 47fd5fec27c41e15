"""The history of orders (contract 3.12)."""

import pytest

from customer_api.api.v1.orders import criteria
from tests.contract.texts import ONE_DATABASE
from tests.order_system import item, order, store
from tests.shop import only_error

rule = pytest.mark.contract
BASE = "http://api.shop.example/v1"
UNKNOWN = (404, "801", "Can't find order by the given order reference")
NOT_OWNED = (403, "802", "Unauthorized request.")
BAD_QUERY = (400, None, "Query parameters are invalid.")
TOTALS = [
    "expenseTotal",
    "discountTotal",
    "taxTotal",
    "subtotal",
    "grandTotal",
    "canceledTotal",
    "remunerationTotal",
]
HEAD = [
    "createdAt",
    "currencyIsoCode",
    "priceMode",
    "totals",
    "itemStates",
    "merchantReferences",
]
ADDRESS = [
    "salutation",
    "firstName",
    "middleName",
    "lastName",
    "address1",
    "address2",
    "address3",
    "company",
    "city",
    "zipCode",
    "poBox",
    "phone",
    "cellPhone",
    "description",
    "comment",
    "email",
    "country",
    "iso2Code",
]


@pytest.fixture
async def ada(shop):
    return await shop.account()


@pytest.fixture
async def three(shop, ada):
    """Three orders, DE--2 the dearest, a day between each."""
    for number, (day, total, state) in enumerate(
        [("01", 2500, "new"), ("02", 99_000_000_000, "shipped"), ("03", 7, "new")], 1
    ):
        await store(
            shop,
            f"DE--{number}",
            of=ada,
            placedAt=f"2026-03-{day}T10:00:00Z",
            state=state,
            totals=order()["totals"] | {"grandTotal": total},
            items=[item(name=f"Stra\N{LATIN SMALL LETTER SHARP S}e {number}", sku=f"0{number}_X")],
        )
    return ada


def ids(response):
    assert response.status_code == 200, response.text
    return [it["id"] for it in response.json()["data"]]


@rule("order-1", "order-3", "order-4", "doc-3")
@pytest.mark.parametrize("path", ["/orders", "/customers/{ref}/orders"])
async def test_a_history_lists_the_callers_orders_the_last_placed_first(shop, three, path):
    grace = await shop.account("grace@shop.example")
    await store(shop, "DE--9", of=grace)
    await store(shop, "DE--10")
    path = path.format(ref=three.reference)

    response = await shop.call("GET", path, by=three)

    document = response.json()
    first = document["data"][0]
    assert ids(response) == ["DE--3", "DE--2", "DE--1"]
    assert document["links"] == {"self": BASE + path}
    assert first["type"] == "orders"
    assert first["links"] == {"self": f"{BASE}/orders/DE--3"}
    assert list(first["attributes"]) == HEAD
    assert list(first["attributes"]["totals"]) == TOTALS
    assert first["attributes"]["totals"]["grandTotal"] == 7
    assert first["attributes"]["totals"]["canceledTotal"] == 0
    assert first["attributes"]["createdAt"] == "2026-03-03 10:00:00.000000"
    assert first["attributes"]["currencyIsoCode"] == "EUR"
    assert first["attributes"]["priceMode"] == "GROSS_MODE"
    assert first["attributes"]["itemStates"] == ["new"]


@rule("order-1", "order-3", "doc-3", "query-5")
@pytest.mark.parametrize("path", ["/orders", "/customers/{ref}/orders"])
@pytest.mark.parametrize(
    "query", ["", "?page[offset]=0&page[limit]=10", "?page[offset]=5&page[limit]=1"]
)
async def test_who_has_no_orders_has_an_empty_history(shop, ada, path, query):
    path = path.format(ref=ada.reference) + query

    response = await shop.call("GET", path, by=ada)

    assert response.status_code == 200
    assert response.json() == {"data": [], "links": {"self": BASE + path}}


@rule("order-9")
@pytest.mark.parametrize(
    ("pushed", "country"),
    [
        ({"iso2Code": "DE"}, "Germany"),
        ({"iso2Code": "DE", "country": "Deutschland"}, "Deutschland"),
        ({"iso2Code": "??"}, None),
        ({}, None),
    ],
)
async def test_a_country_has_the_name_of_its_code_unless_it_was_pushed_with_one(
    shop, ada, pushed, country
):
    await store(shop, "DE--1", of=ada, shippingAddress=pushed)

    shown = (await shop.call("GET", "/orders/DE--1", by=ada)).json()["data"]["attributes"]

    assert shown["shippingAddress"]["country"] == country


@rule("order-2", "order-9", "doc-2", "link-2")
async def test_an_order_is_shown_with_everything_that_was_pushed(shop, ada):
    await store(shop, "DE--1", of=ada, items=[item(state="packed", unitNetPrice=845)])

    response = await shop.call("GET", "/orders/DE--1?x=1", by=ada)

    data = response.json()["data"]
    shown = data["attributes"]
    (bought,), (expense,), (payment,), (shipment,) = (
        shown[name] for name in ("items", "expenses", "payments", "shipments")
    )
    assert (data["type"], data["id"]) == ("orders", "DE--1")
    assert data["links"] == {"self": f"{BASE}/orders/DE--1?x=1"}
    assert list(shown) == [
        *HEAD,
        "billingAddress",
        "shippingAddress",
        "items",
        "expenses",
        "payments",
        "shipments",
        "calculatedDiscounts",
        "bundleItems",
    ]
    assert list(shown["billingAddress"]) == ADDRESS
    assert shown["billingAddress"]["city"] == "Berlin"
    assert shown["billingAddress"]["email"] is None
    assert shown["shippingAddress"] is None
    assert item(state="packed", unitNetPrice=845).items() <= bought.items()
    assert bought["orderReference"] == "DE--1"
    assert bought["metadata"] == {"superAttributes": [], "image": None}
    assert (bought["calculatedDiscounts"], bought["productOptions"]) == ([], [])
    assert bought["uuid"] is bought["sumPriceToPayAggregation"] is None
    assert order()["expenses"][0].items() <= expense.items()
    assert "idSalesExpense" in expense
    assert payment == order()["payments"][0]
    assert shipment == {
        "shipmentMethodName": "Standard",
        "carrierName": "Post",
        "deliveryTime": None,
        "defaultGrossPrice": None,
        "defaultNetPrice": None,
        "currencyIsoCode": "EUR",
    }
    assert shown["calculatedDiscounts"] == shown["bundleItems"] == []


@rule("order-2", "err-801")
async def test_orders_of_others_of_guests_and_of_nobody_look_the_same(shop, ada):
    await store(shop, "DE--1", of=await shop.account("grace@shop.example"))
    await store(shop, "DE--2")

    responses = [
        await shop.call("GET", f"/orders/{it}", by=ada)
        for it in ("DE--1", "DE--2", "DE--3", "mine", "%20", "%FF", "x" * 100)
    ]

    assert {only_error(it) for it in responses} == {UNKNOWN}


@rule("order-3", "err-802", "check-12")
@pytest.mark.parametrize("reference", ["{other}", "DE--30", "mine"])
async def test_orders_under_a_foreign_reference_are_refused(shop, reference):
    other = await shop.account("grace@shop.example")
    account = await shop.account()

    response = await shop.call(
        "GET", f"/customers/{reference.format(other=other.reference)}/orders", by=account
    )

    assert only_error(response) == NOT_OWNED


@rule("order-1", "order-2", "order-3", "auth-4")
@pytest.mark.parametrize("path", ["/orders", "/orders/DE--1", "/customers/{ref}/orders"])
async def test_orders_need_a_live_session(shop, ada, path):
    await shop.call("DELETE", "/refresh-tokens/mine", by=ada)

    response = await shop.call("GET", path.format(ref=ada.reference), by=ada)

    assert only_error(response) == (401, "001", "Invalid access token.")


@rule("order-5", "query-9")
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("createdAt", "123"),
        ("-createdAt", "321"),
        ("orderReference", "123"),
        ("-orderReference", "321"),
        ("grandTotal", "312"),
        ("-grandTotal", "213"),
        ("grandTotal,-orderReference", "312"),
        ("", "321"),
    ],
)
async def test_a_history_is_sorted_by_its_first_sort_field(shop, three, sort, expected):
    response = await shop.call("GET", f"/orders?sort={sort}", by=three)

    assert "".join(it[-1] for it in ids(response)) == expected


@rule("order-6", "query-9")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"search": "STRASSE"}, "321"),
        ({"search": "stra\N{LATIN SMALL LETTER SHARP S}e 2"}, "2"),
        ({"search": "de--1"}, "1"),
        ({"search": "03_x"}, "3"),
        ({"search": "%"}, ""),
        ({"search": "0_"}, ""),
        ({"search": "\\"}, ""),
        ({"search": ""}, "321"),
        ({"state": "shipped"}, "2"),
        ({"state": "ship"}, ""),
        ({"placedFrom": "2026-03-02"}, "32"),
        ({"placedTo": "2026-03-02"}, "21"),
        ({"placedTo": "2026-03-02T09:59:59Z"}, "1"),
        ({"placedTo": "2026-03-02T10:00:00"}, "21"),
        ({"placedFrom": "2026-03-02T11:00:00.000001+01:00"}, "3"),
        ({"placedFrom": "2026-03-02", "placedTo": "2026-03-02", "search": "e"}, "2"),
        ({"state": "new", "search": "strasse", "placedFrom": "2026-03-02"}, "3"),
        ({"placedTo": "9999-12-31"}, "321"),
    ],
)
async def test_filters_leave_what_they_all_fit(shop, three, filters, expected):
    parameters = {f"filter[orders.{name}]": value for name, value in filters.items()}

    response = await shop.client.get("/orders", params=parameters, headers=three.headers)

    assert "".join(it[-1] for it in ids(response)) == expected


@ONE_DATABASE
@rule("order-7")
@pytest.mark.parametrize("path", ["/orders", "/customers/{ref}/orders"])
@pytest.mark.parametrize(
    "query",
    [
        "sort=price",
        "sort=--createdAt",
        "sort=-",
        "filter[orders.placedFrom]=yesterday",
        "filter[orders.placedTo]=2026-02-30",
        "filter[orders.placedTo]=2026-03-01T10:00:00+01:00",
        "filter[orders.placedFrom]=0001-01-01T00:00:00%2B10:00",
        "filter[orders.total]=1",
        "filter[state]=new",
        "filter[customers.email]=a",
    ],
)
async def test_what_a_history_cannot_do_is_refused(shop, ada, path, query):
    response = await shop.call("GET", f"{path.format(ref=ada.reference)}?{query}", by=ada)

    assert only_error(response) == BAD_QUERY


@rule("order-8", "query-6")
@pytest.mark.parametrize("path", ["/orders", "/customers/{ref}/orders"])
async def test_a_page_has_links_to_the_others_which_keep_what_was_asked_for(shop, three, path):
    await store(shop, "DE--4", of=three, state="other")
    path, asked = path.format(ref=three.reference), "filter[orders.search]=strasse&sort=createdAt"

    response = await shop.call("GET", f"{path}?page[offset]=1&{asked}&page[limit]=1", by=three)

    assert ids(response) == ["DE--2"]
    assert response.json()["links"] == {
        "self": f"{BASE}{path}?page[offset]=1&{asked}&page[limit]=1",
        "last": f"{BASE}{path}?{asked}&page[offset]=2&page[limit]=1",
        "first": f"{BASE}{path}?{asked}&page[offset]=0&page[limit]=1",
        "prev": f"{BASE}{path}?{asked}&page[offset]=0&page[limit]=1",
        "next": f"{BASE}{path}?{asked}&page[offset]=2&page[limit]=1",
    }


@rule("order-8")
@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("page[offset]=0&page[limit]=3", ("321", {"last", "first"})),
        ("page[offset]=2&page[limit]=2", ("1", {"last", "first", "prev"})),
        ("page[offset]=7&page[limit]=2", ("", {"last", "first", "prev"})),
        ("page[limit]=1", ("321", set())),
        ("page[offset]=1", ("321", set())),
    ],
)
async def test_pages_end_where_the_history_ends(shop, three, page, expected):
    response = await shop.call("GET", f"/orders?{page}", by=three)

    shown = "".join(it[-1] for it in ids(response))
    assert (shown, response.json()["links"].keys() - {"self"}) == expected


@rule("order-8")
@pytest.mark.parametrize("query", ["", "?page[offset]=0&page[limit]=2147483647"])
async def test_a_long_history_comes_in_pages_even_where_nobody_asks(
    shop, three, query, monkeypatch
):
    monkeypatch.setattr(criteria, "MOST", 2)

    response = await shop.call("GET", f"/orders{query}", by=three)

    assert ids(response) == ["DE--3", "DE--2"]
    assert response.json()["links"]["next"] == f"{BASE}/orders?page[offset]=2&page[limit]=2"


@rule("order-10", "cust-8", "query-1", "query-3")
@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_orders_are_included_with_their_customer(shop, three, method):
    path = f"/customers/{three.reference}?include=orders&fields[orders]=createdAt"

    response = await shop.call(method, path, {} if method == "PATCH" else None, by=three)

    document = response.json()
    assert document["data"]["relationships"] == {
        "orders": {"data": [{"type": "orders", "id": f"DE--{it}"} for it in (3, 2, 1)]}
    }
    assert document["included"][0] == {
        "type": "orders",
        "id": "DE--3",
        "attributes": {"createdAt": "2026-03-03 10:00:00.000000"},
        "links": {"self": f"{BASE}/orders/DE--3"},
    }


@rule("order-10", "query-2")
async def test_a_customer_without_orders_includes_none(shop, ada):
    response = await shop.call("GET", "/customers?include=orders,addresses", by=ada)

    assert "included" not in response.json()
    assert "relationships" not in response.json()["data"][0]
