"""Customers in the hands of operators before anybody has proven the mailbox."""

from tests.back_office.conftest import ROOT
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error


async def unconfirmed(office, email="victim@shop.example"):
    """Register a customer, by whoever knows the address, and return the reference."""
    registered = await office.shop.register(email=email)
    return registered.json()["data"]["id"]


async def later(office):
    """Let an hour pass, after which the mailbox may have mails again."""
    office.shop.clock.advance(hours=1)
    office.token = await office.token_of(ROOT)


async def test_a_confirmation_that_an_operator_asks_for_trusts_no_password(office):
    reference = await unconfirmed(office)
    await later(office)
    sent = await office.call("POST", f"/customers/{reference}/confirmation-mails")
    confirmed = await office.shop.confirm(await office.shop.mailed_key("register/confirm"))
    hijacked = await office.shop.log_in("victim@shop.example", PASSWORD)
    restored = await office.shop.restore(await office.shop.mailed_key("password/restore"))
    owner = await office.shop.log_in("victim@shop.example", OTHER_PASSWORD)

    assert (sent.status_code, confirmed.status_code, restored.status_code) == (202, 204, 204)
    assert only_error(hijacked)[:2] == (401, "003")
    assert owner.status_code == 201


async def test_whoever_registers_again_cannot_make_such_a_password_good(office):
    reference = await unconfirmed(office)
    await later(office)
    await office.call("POST", f"/customers/{reference}/confirmation-mails")
    office.shop.clock.advance(minutes=5)
    await office.shop.register(email="victim@shop.example")
    await office.shop.confirm(await office.shop.mailed_key("register/confirm"))
    hijacked = await office.shop.log_in("victim@shop.example", PASSWORD)

    assert only_error(hijacked)[:2] == (401, "003")


async def test_who_never_had_a_password_is_asked_for_none_by_a_confirmation(office):
    reference = await office.customer("ada@shop.example")
    await office.call("POST", f"/customers/{reference}/confirmation-mails")
    await office.shop.confirm(await office.shop.mailed_key("register/confirm"))

    assert [mail["Subject"] for mail in await office.shop.mails()] == [
        "Please confirm your registration"
    ]
