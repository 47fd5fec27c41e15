"""Orders of guests that the order system pushes, again and again, whatever became of them."""

import pytest

from customer_api.orders.models import OrderRow
from tests.back_office.conftest import BASE
from tests.contract.texts import ONE_DATABASE
from tests.order_system import order
from tests.shop import details
from tests.tables import rows

EMAIL = "ada@shop.example"


async def push(office, reference="DE--1", **changes):
    answer = await office.call("PUT", f"/orders/{reference}", order(**changes))
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()["data"]["attributes"]


async def claim(office, account):
    path = f"/customers/{account.reference}/order-claims"
    answer = await office.shop.call("POST", path, {}, by=account)
    return answer.json()["data"]["attributes"]["orderReferences"]


async def erase(office, account):
    await office.shop.call("DELETE", f"/customers/{account.reference}", by=account)


async def key(office):
    """Return by which address the one order can be claimed."""
    (row,) = await rows(office.shop, OrderRow)
    return row.guest_email_key


async def test_of_a_guests_address_the_normal_form_is_kept_and_nothing_shown(office):
    pushed = await push(office, guestEmail="Ada@SHOP.example")

    assert await key(office) == EMAIL
    assert EMAIL not in str(pushed).lower()


async def test_a_push_replaces_the_address_and_the_same_one_is_no_change(office):
    await push(office, guestEmail=EMAIL)
    same = await office.call("PUT", "/orders/DE--1", order(guestEmail=EMAIL.upper()))

    other = await office.call("PUT", "/orders/DE--1", order(guestEmail="bob@shop.example"))

    assert (same.headers["etag"], other.headers["etag"]) == ('"1"', '"2"')
    assert await key(office) == "bob@shop.example"
    await push(office)
    assert await key(office) is None


@pytest.mark.parametrize("first", [{}, {"guestEmail": EMAIL}])
async def test_an_order_of_a_customer_has_no_guest(office, first):
    customer = await office.customer("bob@shop.example")
    await push(office, **first)

    await push(office, customerReference=customer, guestEmail=EMAIL)

    assert await key(office) is None


async def test_an_address_whose_normal_form_is_too_long_cannot_claim(office):
    ligatures = "\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 60

    await push(office, guestEmail=f"{ligatures}@shop.example")

    assert await key(office) is None


@ONE_DATABASE
@pytest.mark.parametrize("email", ["ada", "a@b", "ada@shop.example x", 7, "x" * 320 + "@b.example"])
async def test_an_address_of_a_guest_is_one(office, email):
    answer = await office.call("PUT", "/orders/DE--1", order(guestEmail=email))

    assert answer.status_code == 422
    assert details(answer)[0].startswith("guestEmail => ")


async def test_who_claimed_an_order_keeps_it_whatever_is_pushed_of_the_guest(office):
    ada = await office.shop.account()
    await push(office, guestEmail=EMAIL)
    assert await claim(office, ada) == ["DE--1"]

    pushed = await push(office, guestEmail=EMAIL, state="shipped")

    again = await office.call("PUT", "/orders/DE--1", order(guestEmail=EMAIL, state="shipped"))
    assert (pushed["customerReference"], pushed["state"]) == (ada.reference, "shipped")
    assert again.headers["etag"] == '"3"'
    assert await key(office) is None
    assert await claim(office, ada) == []


async def test_the_order_system_can_give_a_claimed_order_to_another_customer(office):
    ada, bob = await office.shop.account(), await office.customer("bob@shop.example")
    await push(office, guestEmail=EMAIL)
    await claim(office, ada)

    pushed = await push(office, customerReference=bob)

    assert pushed["customerReference"] == bob


@pytest.mark.parametrize("is_claimed", [True, False])
async def test_no_push_brings_back_an_address_that_was_forgotten(office, is_claimed):
    ada = await office.shop.account()
    await push(office, guestEmail=EMAIL)
    if is_claimed:
        await claim(office, ada)
    await erase(office, ada)

    await push(office, guestEmail=EMAIL, state="shipped")

    assert await key(office) is None
    assert await claim(office, await office.shop.account()) == []


async def test_an_order_of_an_erased_customer_becomes_no_guests(office):
    ada = await office.shop.account()
    await push(office, customerReference=ada.reference)
    await erase(office, ada)

    pushed = await push(office, guestEmail=EMAIL)

    assert pushed["customerReference"] == ada.reference
    assert await key(office) is None
    assert await claim(office, await office.shop.account()) == []


async def test_an_erased_customers_orders_show_their_own_copies_and_nothing_else(office):
    ada = await office.shop.account(firstName="Canary", lastName="Canary")
    await push(office, customerReference=ada.reference)
    await erase(office, ada)

    shown = await office.call("GET", f"/customers/{ada.reference}?include=orders,addresses")
    whole = await office.call("GET", "/orders/DE--1")

    included = shown.json()["included"]
    assert [(it["type"], it["id"]) for it in included] == [("orders", "DE--1")]
    assert included[0]["links"] == {"self": f"{BASE}/orders/DE--1"}
    assert "canary" not in (shown.text + whole.text).lower()
    assert EMAIL not in (shown.text + whole.text).lower()
    assert whole.json()["data"]["attributes"]["billingAddress"]["firstName"] == "Ada"
