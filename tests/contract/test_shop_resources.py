"""Stores, customer access, wishlists and shopping lists, of which there are none yet."""

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.shop import only_error

rule = pytest.mark.contract
BASE = "http://api.shop.example/v1"


@ONE_DATABASE
@rule("store-1", "store-3", "doc-3", "doc-6", "link-1")
async def test_stores_lists_the_one_store(shop):
    response = await shop.call("GET", "/stores/")

    (store,) = response.json()["data"]
    attributes = store["attributes"]
    assert response.status_code == 200
    assert response.json()["links"] == {"self": f"{BASE}/stores"}
    assert (store["type"], store["id"]) == ("stores", "DE")
    assert store["links"] == {"self": f"{BASE}/stores/DE"}
    assert list(attributes) == ["timeZone", "defaultCurrency", "currencies", "locales", "countries"]
    assert attributes["timeZone"] == "Europe/Berlin"
    assert attributes["defaultCurrency"] == "EUR"
    assert attributes["currencies"] == [
        {"code": "EUR", "name": "Euro"},
        {"code": "CHF", "name": "Swiss Franc"},
    ]
    assert attributes["locales"] == [
        {"code": "en", "name": "en_US"},
        {"code": "de", "name": "de_DE"},
    ]
    assert attributes["countries"][2] == {
        "iso2Code": "DE",
        "iso3Code": "DEU",
        "name": "Germany",
        "postalCodeMandatory": True,
        "postalCodeRegex": "\\d{5}",
        "regions": [],
    }


@ONE_DATABASE
@rule("store-2", "doc-2")
async def test_a_store_is_found_by_its_name(shop):
    listed = await shop.call("GET", "/stores")

    response = await shop.call("GET", "/stores/DE")

    assert response.status_code == 200
    assert response.json() == {"data": listed.json()["data"][0]}


@ONE_DATABASE
@rule("store-2", "err-601")
@pytest.mark.parametrize("name", ["AT", "de", "x", "%20"])
async def test_other_stores_are_not_found(shop, name):
    response = await shop.call("GET", f"/stores/{name}")

    assert only_error(response) == (404, "601", "Store not found.")


@ONE_DATABASE
@rule("store-3")
async def test_a_store_is_what_the_settings_say(open_shop):
    shop = await open_shop(
        store="AT",
        store_time_zone="Europe/Vienna",
        store_currencies=("CHF",),
        store_countries=("US",),
        locales=("de_AT",),
    )

    response = await shop.call("GET", "/stores/AT")

    attributes = response.json()["data"]["attributes"]
    assert attributes["timeZone"] == "Europe/Vienna"
    assert attributes["defaultCurrency"] == "CHF"
    assert attributes["locales"] == [{"code": "de", "name": "de_AT"}]
    assert [country["iso3Code"] for country in attributes["countries"]] == ["USA"]


@ONE_DATABASE
@rule("access-1", "doc-4", "doc-5")
@pytest.mark.parametrize("types", [None, ("stores", "orders", "wishlists"), ()])
async def test_customer_access_lists_what_guests_do_not_see(open_shop, types):
    shop = await open_shop(**({} if types is None else {"protected_resource_types": types}))

    response = await shop.call("GET", "/customer-access/")

    expected = ["wishlists", "wishlist-items"] if types is None else list(types)
    assert response.status_code == 200
    assert response.json() == {
        "data": [
            {
                "type": "customer-access",
                "id": None,
                "attributes": {"resourceTypes": expected},
                "links": {"self": f"{BASE}/customer-access"},
            }
        ],
        "links": {"self": f"{BASE}/customer-access"},
    }


@ONE_DATABASE
@rule("wish-1", "list-2", "doc-3")
@pytest.mark.parametrize("kind", ["wishlists", "shopping-lists"])
async def test_there_are_no_lists_yet(shop, kind):
    account = await shop.account()

    response = await shop.call("GET", f"/{kind}", by=account)

    assert response.status_code == 200
    assert response.json() == {"data": [], "links": {"self": f"{BASE}/{kind}"}}


NO_WISHLIST = (404, "201", "Can't find wishlist.")
NO_SHOPPING_LIST = (404, "1503", "Shopping list not found.")
SKU = {"sku": "001"}


@ONE_DATABASE
@rule(
    "wish-2",
    "wish-4",
    "wish-5",
    "list-3",
    "url-19",
    "err-201",
    "err-206",
    "err-1503",
)
@pytest.mark.parametrize(
    ("method", "path", "attributes", "expected"),
    [
        ("GET", "/wishlists/x", None, NO_WISHLIST),
        ("PATCH", "/wishlists/x", {"name": "A"}, NO_WISHLIST),
        ("DELETE", "/wishlists/x", None, NO_WISHLIST),
        ("POST", "/wishlists//wishlist-items", SKU, NO_WISHLIST),
        ("POST", "/wishlists/x/wishlist-items", SKU, (422, "206", "Can't add an item.")),
        ("PATCH", "/wishlists/x/wishlist-items/001", {}, NO_WISHLIST),
        ("DELETE", "/wishlists/x/wishlist-items/001", None, NO_WISHLIST),
        ("GET", "/shopping-lists/x", None, NO_SHOPPING_LIST),
        ("PATCH", "/shopping-lists/x", {"name": "A"}, NO_SHOPPING_LIST),
        ("DELETE", "/shopping-lists/x", None, NO_SHOPPING_LIST),
        (
            "POST",
            "/shopping-lists/x/shopping-list-items",
            {**SKU, "quantity": 2**31 - 2},
            NO_SHOPPING_LIST,
        ),
        ("PATCH", "/shopping-lists/x/shopping-list-items/y", {"quantity": 1}, NO_SHOPPING_LIST),
        ("DELETE", "/shopping-lists/x/shopping-list-items/y", None, NO_SHOPPING_LIST),
    ],
)
async def test_no_list_is_found(shop, method, path, attributes, expected):
    account = await shop.account()

    response = await shop.call(method, path, attributes, by=account)

    assert only_error(response) == expected


@ONE_DATABASE
@rule("list-4")
@pytest.mark.parametrize(
    ("method", "path", "attributes", "details"),
    [
        ("PATCH", "/wishlists/x", {}, ["name => This field is missing."]),
        ("PATCH", "/shopping-lists/x", {"name": ""}, ["name => This value should not be blank."]),
        (
            "POST",
            "/wishlists//wishlist-items",
            {"sku": ""},
            ["sku => This value should not be blank."],
        ),
        (
            "POST",
            "/shopping-lists/x/shopping-list-items",
            {"sku": "", "quantity": ""},
            [
                "sku => This value should not be blank.",
                "quantity => This value should not be blank.",
                "quantity => This value should be of type integer.",
            ],
        ),
        *(
            (
                "PATCH",
                "/shopping-lists/x/shopping-list-items/y",
                {"quantity": quantity},
                [f"quantity => This value should be {refusal}."],
            )
            for quantity, refusal in (
                (1.5, "of type integer"),
                (True, "of type integer"),
                (0, "greater than 0"),
                (2**31 - 1, "less than 2147483647"),
            )
        ),
    ],
)
async def test_fields_are_checked_before_a_list_is_looked_for(
    shop, method, path, attributes, details
):
    account = await shop.account()

    response = await shop.call(method, path, attributes, by=account)

    assert response.status_code == 422
    assert [error["detail"] for error in response.json()["errors"]] == details


@rule("wish-1", "wish-2", "auth-4")
@pytest.mark.parametrize("path", ["/wishlists", "/wishlists/x", "/shopping-lists/x"])
async def test_empty_collections_need_a_live_session_too(shop, path):
    account = await shop.account()
    await shop.call("DELETE", "/refresh-tokens/mine", by=account)

    response = await shop.call("GET", path, by=account)

    assert only_error(response) == (401, "001", "Invalid access token.")
