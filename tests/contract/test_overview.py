"""The overview of an account: one call, and few statements."""

import pytest

from tests.back_office.conftest import office_of
from tests.newsletter.conftest import Press
from tests.order_system import store
from tests.shop import address, only_error
from tests.statements import note_statements

rule = pytest.mark.contract
BASE = "http://api.shop.example/v1"


async def overview(shop, account, query=""):
    return await shop.call("GET", f"/customers/{account.reference}/overview{query}", by=account)


def attributes_of(response):
    assert response.status_code == 200, response.text
    return response.json()["data"]["attributes"]


def embedded(resource):
    return {"id": resource["id"], **resource["attributes"]}


@rule("overview-1", "overview-2", "doc-4")
async def test_an_overview_shows_profile_default_addresses_and_the_last_orders(shop):
    ada = await shop.account()
    book = f"/customers/{ada.reference}/addresses"
    billing = await shop.call("POST", book, address(isDefaultBilling=True), by=ada)
    await shop.call("POST", book, address(city="Ulm"), by=ada)
    shipping = await shop.call("POST", book, address(isDefaultShipping=True), by=ada)
    billing = await shop.call("GET", f"{book}/{billing.json()['data']['id']}", by=ada)
    for number in range(1, 8):
        await store(shop, f"DE--{number}", of=ada, placedAt=f"2026-03-0{number}T10:00:00Z")

    response = await overview(shop, ada, "?x=1")

    profile = await shop.call("GET", f"/customers/{ada.reference}", by=ada)
    orders = await shop.call("GET", "/orders", by=ada)
    shown = attributes_of(response)
    data = response.json()["data"]
    assert (data["type"], data["id"]) == ("customer-overviews", ada.reference)
    assert data["links"] == {"self": f"{BASE}/customers/{ada.reference}/overview?x=1"}
    assert list(shown) == [
        "customer",
        "defaultBillingAddress",
        "defaultShippingAddress",
        "lastOrders",
        "newsletters",
    ]
    assert shown["customer"] == {
        **embedded(profile.json()["data"]),
        "phone": None,
        "company": None,
        "locale": "en_US",
    }
    assert shown["defaultBillingAddress"] == embedded(billing.json()["data"])
    assert shown["defaultShippingAddress"] == embedded(shipping.json()["data"])
    assert shown["lastOrders"] == [embedded(it) for it in orders.json()["data"][:5]]
    assert shown["newsletters"] == []


@rule("overview-2")
async def test_an_overview_shows_newsletters_beside_any_number_of_addresses(shop):
    press = Press(await office_of(shop))
    ada = await press.shop.account()
    for name in ("Cats", "Birds"):
        assert (await press.ask_as(ada, await press.add_type(name))).status_code == 201
    own = await press.shop.call(
        "GET", f"/customers/{ada.reference}/newsletter-subscriptions", by=ada
    )
    expected = [embedded(it) for it in own.json()["data"]]
    book = f"/customers/{ada.reference}/addresses"

    for defaults in ({}, {"isDefaultBilling": True}):
        shown = attributes_of(await overview(press.shop, ada))
        assert shown["newsletters"] == expected
        await press.shop.call("POST", book, address(**defaults), by=ada)
    shown = attributes_of(await overview(press.shop, ada))

    assert [it["newsletterName"] for it in expected] == ["Birds", "Cats"]
    assert shown["newsletters"] == expected
    assert shown["defaultBillingAddress"]["id"] != shown["defaultShippingAddress"]["id"]


@rule("overview-2")
async def test_the_overview_of_a_new_account_is_empty(shop):
    ada = await shop.account()

    response = await overview(
        shop, ada, "?fields[customer-overviews]=lastOrders,defaultBillingAddress"
    )

    assert attributes_of(response) == {"defaultBillingAddress": None, "lastOrders": []}


async def test_one_address_can_be_both_defaults(shop):
    ada = await shop.account()
    await shop.call("POST", f"/customers/{ada.reference}/addresses", address(), by=ada)

    shown = attributes_of(await overview(shop, ada))

    assert shown["defaultBillingAddress"] == shown["defaultShippingAddress"]
    assert shown["defaultBillingAddress"]["city"] == "Berlin"


async def test_an_overview_takes_three_statements(shop):
    ada = await shop.account()
    book = f"/customers/{ada.reference}/addresses"
    for _ in range(2):
        await shop.call("POST", book, address(isDefaultBilling=True), by=ada)
    await store(shop, "DE--1", of=ada)
    seen = note_statements(shop)

    attributes_of(await overview(shop, ada))

    assert len(seen) == 3, seen


@rule("overview-1")
async def test_an_overview_needs_a_live_session(shop):
    ada = await shop.account()
    await shop.call("DELETE", "/refresh-tokens/mine", by=ada)

    assert only_error(await overview(shop, ada)) == (401, "001", "Invalid access token.")
