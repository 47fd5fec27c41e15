"""Claiming orders of a guest: by who has proven the mailbox, and by nothing but the call."""

import logging

import pytest

from customer_api.customers.models import CustomerRow
from customer_api.events.models import EventRow
from customer_api.orders import claims
from customer_api.orders.models import OrderRow
from tests.order_system import store
from tests.shop import address, only_error
from tests.tables import rows

rule = pytest.mark.contract
BASE = "http://api.shop.example/v1"
EMAIL = "ada@shop.example"
UNPROVEN = (403, "803", "Use a link from a mail to your e-mail address first, then try again.")
UNAUTHORIZED = (403, "411", "Unauthorized request.")


async def claim(shop, account, **headers):
    path = f"/customers/{account.reference}/order-claims"
    return await shop.call("POST", path, {}, by=account, headers=headers)


def claimed(response):
    assert response.status_code == 201, response.text
    return response.json()["data"]["attributes"]["orderReferences"]


async def history(shop, account):
    return [it["id"] for it in (await shop.call("GET", "/orders", by=account)).json()["data"]]


async def keys(shop):
    """Return the addresses by which orders can be claimed, by reference."""
    return {it.reference: it.guest_email_key for it in await rows(shop, OrderRow)}


@rule("claim-1", "claim-2", "claim-3")
async def test_a_customer_takes_over_what_was_ordered_as_a_guest(shop, caplog):
    caplog.set_level(logging.INFO)
    ada = await shop.account()
    await store(shop, "DE--2", guestEmail="Ada@SHOP.example")
    await store(shop, "DE--1", guestEmail=EMAIL)
    await store(shop, "DE--3", guestEmail="grace@shop.example")
    await store(shop, "DE--4")

    response = await claim(shop, ada)

    data = response.json()["data"]
    assert claimed(response) == ["DE--1", "DE--2"]
    assert (data["type"], data["id"]) == ("order-claims", None)
    assert data["links"] == {"self": f"{BASE}/customers/{ada.reference}/order-claims"}
    assert sorted(await history(shop, ada)) == ["DE--1", "DE--2"]
    assert await keys(shop) == {
        "DE--1": None,
        "DE--2": None,
        "DE--3": "grace@shop.example",
        "DE--4": None,
    }
    (event,) = [it for it in caplog.records if it.message == "guest_orders_claimed"]
    assert (event.reference, event.orders) == (ada.reference, 2)
    assert EMAIL not in str(event.__dict__)


@rule("claim-1")
async def test_nothing_but_the_call_claims_an_order(shop):
    await store(shop, "DE--1", guestEmail=EMAIL)
    ada = await shop.account()
    await shop.session(ada.reference, EMAIL)
    await shop.call("POST", "/customer-forgotten-password", {"email": EMAIL})
    await shop.restore(await shop.mailed_key("password/restore"), ada.password + "!")

    ada = await shop.session(ada.reference, EMAIL, ada.password + "!")

    assert await history(shop, ada) == []


@rule("claim-3")
async def test_claiming_again_finds_what_has_come_since(shop):
    ada = await shop.account()
    await store(shop, "DE--1", guestEmail=EMAIL)
    await claim(shop, ada)
    again = await claim(shop, ada)
    await store(shop, "DE--2", guestEmail=EMAIL)

    later = await claim(shop, ada)

    assert claimed(again) == []
    assert claimed(later) == ["DE--2"]


@rule("claim-4", "err-803")
async def test_without_double_opt_in_the_welcome_mail_proves_the_mailbox(open_shop):
    shop = await open_shop(double_opt_in=False)
    await store(shop, "DE--1", guestEmail=EMAIL)
    created = await shop.register()
    ada = await shop.session(created.json()["data"]["id"], EMAIL)

    before = await claim(shop, ada)
    await shop.confirm(await shop.mailed_key())
    after = await claim(shop, ada)

    assert only_error(before) == UNPROVEN
    assert claimed(after) == ["DE--1"]


@rule("claim-4", "err-803")
async def test_another_address_has_to_be_proven_itself(open_shop):
    shop = await open_shop(email_change="immediate")
    await store(shop, "DE--1", guestEmail="grace@shop.example")
    await store(shop, "DE--2", guestEmail=EMAIL)
    ada = await shop.account()
    await shop.change_email(ada, "grace@shop.example")

    taken = await claim(shop, ada)
    await shop.undo_email(await shop.mailed_key("email/undo"))
    await shop.restore(await shop.mailed_key("password/restore"), ada.password)
    ada = await shop.session(ada.reference, EMAIL)
    own = await claim(shop, ada)

    assert only_error(taken) == UNPROVEN
    assert claimed(own) == ["DE--2"]


@rule("claim-4")
async def test_a_verified_change_proves_the_new_mailbox(shop):
    await store(shop, "DE--1", guestEmail="new@shop.example")
    ada = await shop.move(await shop.account(), "new@shop.example")

    assert claimed(await claim(shop, ada)) == ["DE--1"]


@rule("claim-4")
async def test_who_is_registered_without_a_proof_brings_it_by_a_restore(shop):
    ada = await shop.account()
    unproven = CustomerRow.__table__.update().values(proven_email_key=None)
    await shop.container.units.write(lambda it: it.execute(unproven))
    refused = await claim(shop, ada)
    await shop.call("POST", "/customer-forgotten-password", {"email": EMAIL})
    await shop.restore(await shop.mailed_key("password/restore"), ada.password)

    ada = await shop.session(ada.reference, EMAIL)

    assert only_error(refused) == UNPROVEN
    assert claimed(await claim(shop, ada)) == []


@rule("claim-5", "agent-13")
async def test_an_agent_claims_nothing(shop):
    ada = await shop.account()
    await store(shop, "DE--1", guestEmail=EMAIL)

    response = await claim(shop, await shop.impersonate(ada))

    assert only_error(response) == UNAUTHORIZED
    assert (await keys(shop))["DE--1"] == EMAIL


@rule("claim-1")
async def test_a_claim_needs_a_live_session_and_a_document(shop):
    ada = await shop.account()
    path = f"/customers/{ada.reference}/order-claims"

    empty = await shop.call("POST", path, by=ada)
    await shop.call("DELETE", "/refresh-tokens/mine", by=ada)
    ended = await claim(shop, ada)

    assert only_error(empty) == (400, None, "Post data is invalid.")
    assert only_error(ended) == (401, "001", "Invalid access token.")


@rule("claim-3", "idem-1")
async def test_a_repeated_claim_is_answered_as_the_first(shop):
    ada = await shop.account()
    await store(shop, "DE--1", guestEmail=EMAIL)
    first = await claim(shop, ada, **{"Idempotency-Key": "once"})

    again = await claim(shop, ada, **{"Idempotency-Key": "once"})

    assert claimed(again) == claimed(first) == ["DE--1"]


@rule("claim-3")
async def test_more_orders_than_a_call_takes_are_left_for_the_next(shop, monkeypatch):
    monkeypatch.setattr(claims, "MOST", 2)
    ada = await shop.account()
    for number in range(3):
        await store(shop, f"DE--{number}", guestEmail=EMAIL)

    answers = [claimed(await claim(shop, ada)) for _ in range(3)]

    assert answers == [["DE--0", "DE--1"], ["DE--2"], []]


async def test_the_export_shows_orders_of_a_guest_to_the_proven_owner_alone(open_shop):
    shop = await open_shop(double_opt_in=False)
    await store(shop, "DE--1", guestEmail=EMAIL)
    created = await shop.register()
    ada = await shop.session(created.json()["data"]["id"], EMAIL)
    path = f"/customers/{ada.reference}/personal-data"

    before = await shop.call("GET", path, by=ada)
    await shop.confirm(await shop.mailed_key())
    after = await shop.call("GET", path, by=ada)

    shown = after.json()["data"]["attributes"]["orders"]
    assert before.json()["data"]["attributes"]["orders"] == []
    assert [(it["reference"], it["guestEmailKey"]) for it in shown] == [("DE--1", EMAIL)]


async def test_erasure_leaves_own_orders_to_the_byte_and_forgets_the_guest(shop):
    ada = await shop.account()
    await shop.call("POST", f"/customers/{ada.reference}/addresses", address(), by=ada)
    await store(shop, "DE--1", of=ada)
    await store(shop, "DE--2", guestEmail=EMAIL)
    await claim(shop, ada)
    await store(shop, "DE--3", guestEmail=EMAIL)
    before = await rows(shop, OrderRow)
    shop.clock.advance(hours=1)

    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    after = await rows(shop, OrderRow)
    assert after[:2] == before[:2]
    assert (after[2].guest_email_key, after[2].customer_id) == (None, None)
    then, now = before[2]._asdict(), after[2]._asdict()
    changed = {name for name, value in then.items() if now[name] != value}
    assert changed == {"guest_email_key", "claims_closed_at"}
    again = await shop.account()
    assert claimed(await claim(shop, again)) == []
    assert await history(shop, again) == []


async def test_the_erasure_of_an_unconfirmed_registration_forgets_no_guest(shop):
    await store(shop, "DE--1", guestEmail=EMAIL)
    await shop.register()
    shop.clock.advance(days=31)

    assert await shop.container.retention.erase_unconfirmed() == 1

    assert (await keys(shop))["DE--1"] == EMAIL


async def test_an_erasure_forgets_the_guest_of_a_former_address_and_not_of_a_wish(shop):
    for number, email in enumerate(("old@shop.example", "wish@shop.example")):
        await store(shop, f"DE--{number}", guestEmail=email)
    ada = await shop.move(await shop.account("old@shop.example"), EMAIL)
    await shop.change_email(ada, "wish@shop.example")

    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    assert await keys(shop) == {"DE--0": None, "DE--1": "wish@shop.example"}


async def test_addresses_of_guests_are_forgotten_when_their_time_is_over(open_shop):
    shop = await open_shop(guest_order_claim_days=30)
    await store(shop, "DE--1", placedAt="2026-02-12T00:00:00Z", guestEmail=EMAIL)
    await store(shop, "DE--2", placedAt="2026-02-13T00:00:00Z", guestEmail=EMAIL)
    shop.clock.advance(hours=1)

    forgotten = await shop.container.retention.forget_guests()

    assert forgotten == 1
    assert await keys(shop) == {"DE--1": None, "DE--2": EMAIL}
    assert await shop.container.retention.forget_guests() == 0


async def test_nobody_else_is_told_of_a_claim(shop):
    ada = await shop.account()
    await store(shop, "DE--1", guestEmail=EMAIL)
    before, mails = await rows(shop, EventRow), await shop.mails()

    await claim(shop, ada)

    assert await rows(shop, EventRow) == before
    assert await shop.mails() == mails
