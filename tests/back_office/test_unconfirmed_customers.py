"""Customers in the hands of operators before anybody has proven the mailbox."""

from tests.back_office.conftest import ROOT
from tests.shop import OTHER_PASSWORD, PASSWORD, mail_text, only_error


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


async def test_a_corrected_address_gives_the_wrong_mailbox_nothing(office):
    reference = await office.customer("stranger@shop.example", sendConfirmation=True)
    stale = await office.shop.mailed_key("register/confirm")
    before = len(await office.shop.mails())
    changed = await office.call("PATCH", f"/customers/{reference}", {"email": "ada@shop.example"})
    told = (await office.shop.mails())[before:]
    refused = await office.shop.confirm(stale)
    confirmed = await office.shop.confirm(await office.shop.mailed_key("register/confirm"))

    assert changed.json()["data"]["attributes"]["status"] == "unconfirmed"
    assert [(mail["To"], mail["Subject"]) for mail in told] == [
        ("ada@shop.example", "Please confirm your registration")
    ]
    assert await office.shop.mailed_keys("email/undo") == []
    assert refused.status_code == 422
    assert confirmed.status_code == 204


async def test_a_corrected_address_gets_the_invitation_that_the_wrong_one_had(office):
    reference = await office.customer("stranger@shop.example", sendPasswordToken=True)
    stale = await office.shop.mailed_key("password/restore")
    before = len(await office.shop.mails())
    await office.call("PATCH", f"/customers/{reference}", {"email": "ada@shop.example"})
    told = (await office.shop.mails())[before:]
    refused = await office.shop.restore(stale)
    restored = await office.shop.restore(await office.shop.mailed_key("password/restore"))

    assert [mail["To"] for mail in told] == ["ada@shop.example"]
    assert "There is an account for you in our shop." in mail_text(told[0])
    assert refused.status_code == 422
    assert restored.status_code == 204


async def test_a_corrected_address_does_not_make_the_password_of_a_stranger_good(office):
    reference = await unconfirmed(office, "attacker@shop.example")
    await office.call("PATCH", f"/customers/{reference}", {"email": "victim@shop.example"})
    await office.shop.confirm(await office.shop.mailed_key("register/confirm"))
    hijacked = await office.shop.log_in("victim@shop.example", PASSWORD)

    assert only_error(hijacked)[:2] == (401, "003")


async def test_a_corrected_address_that_has_enough_mails_gets_none(office):
    bob = await office.shop.account("bob@shop.example")
    for _ in range(3):
        await office.shop.change_email(bob, "ada@shop.example")
    before = len(await office.shop.mails())
    reference = await office.customer("stranger@shop.example")
    changed = await office.call("PATCH", f"/customers/{reference}", {"email": "ada@shop.example"})

    assert changed.status_code == 200
    assert len(await office.shop.mails()) == before


async def test_a_mailbox_gets_so_many_confirmations_an_hour(office):
    reference = await office.customer("ada@shop.example")
    path = f"/customers/{reference}/confirmation-mails"
    answers = [await office.call("POST", path) for _ in range(4)]
    trail = await office.trail(reference)

    assert [it.status_code for it in answers] == [202, 202, 202, 429]
    assert only_error(answers[-1])[1] == "5901"
    assert trail.count(("customer.confirmation_mailed", "")) == 3
