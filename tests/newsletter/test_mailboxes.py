"""Whoever sends newsletters is told of every mailbox that is another's, another one, or gone."""

import pytest
from sqlalchemy import select, update

from customer_api.customers.models import CustomerRow
from customer_api.events.models import EventRow
from customer_api.mail.models import MailRow
from customer_api.newsletter.models import SubscriptionRow
from tests.newsletter.conftest import EMAIL
from tests.shop import only_error
from tests.tables import rows

OTHER = "grace@shop.example"


async def subscribe_as(press, account):
    assert (await press.ask_as(account)).status_code == 201
    await press.confirm(await press.shop.mailed_key("newsletter/confirm"))


async def told(press):
    return [(type_.removeprefix("newsletter."), it) for type_, it, _ in await press.events()]


async def uuids(press):
    return [it.uuid for it in await rows(press.shop, SubscriptionRow)]


async def move(press, account):
    """Change the address after the hour in which the mailbox gets no more mails."""
    press.shop.clock.advance(hours=2)
    account = await press.shop.session(account.reference, EMAIL)
    return await press.shop.move(account, OTHER)


async def test_a_guests_subscription_is_told_again_as_the_customers(press):
    await press.subscribe()

    ada = await press.shop.account()

    (uuid,) = await uuids(press)
    assert await told(press) == [("subscribed", uuid), ("subscribed", ada.reference)]


async def test_another_mailbox_is_told_once_it_is_proven(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)

    await move(press, ada)

    assert await told(press) == [("subscribed", ada.reference)] * 2
    assert await press.states() == [(OTHER, "subscribed")]


async def test_of_two_subscriptions_to_one_newsletter_one_ends(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    await press.subscribe(OTHER)
    own, guests = await uuids(press)

    await move(press, ada)

    assert (await told(press))[2:] == [("unsubscribed", guests), ("subscribed", ada.reference)]
    assert await uuids(press) == [own]


async def test_what_the_former_mailbox_was_asked_it_cannot_answer_any_more(press):
    ada = await press.shop.account()
    await press.ask_as(ada)
    key = await press.shop.mailed_key("newsletter/confirm")

    await move(press, ada)

    assert only_error(await press.confirm(key))[:2] == (422, "452")
    assert await press.states() == []


async def test_no_mail_is_left_of_a_subscription_that_another_one_replaces(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    press.shop.clock.advance(hours=2)
    ada = await press.shop.session(ada.reference, EMAIL)
    await press.shop.change_email(ada, OTHER)
    key = await press.shop.mailed_key("email/confirm")
    await press.ask(OTHER)  # its mail waits

    await press.shop.confirm_email(key)

    (*_, asked) = [
        it for it in await rows(press.shop, MailRow) if it.template == "newsletter_confirmation"
    ]
    assert (asked.state, asked.recipient, asked.variables) == ("parked", None, None)


async def test_newsletters_go_to_an_address_that_an_operator_gave_once_it_is_proven(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    await press.office.call("PATCH", f"/customers/{ada.reference}", {"email": OTHER})
    given = await press.states()
    await press.shop.call("POST", "/customer-forgotten-password", {"email": OTHER})

    await press.shop.restore(await press.shop.mailed_key("password/restore"))

    assert given == [(EMAIL, "subscribed")]
    assert await press.states() == [(OTHER, "subscribed")]


async def test_an_erasure_stops_the_newsletters_of_the_customer_and_of_guests(press):
    await press.subscribe()
    ada = await press.shop.account()
    birds = await press.add_type("Birds")
    cats = await press.add_type("Cats")
    await press.subscribe(newsletterType=birds)
    await press.ask_as(ada, cats)  # never confirmed, so it never began
    guests = update(SubscriptionRow).where(SubscriptionRow.email == EMAIL)
    guests = guests.where(SubscriptionRow.state == "subscribed", SubscriptionRow.id > 1)
    await press.shop.container.units.write(lambda it: it.execute(guests.values(customer_id=None)))
    _, guest, _ = await uuids(press)

    await press.shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    statement = select(EventRow.type, EventRow.subject).order_by(EventRow.id)
    happened = await press.shop.container.units.read(lambda it: it.execute(statement).all())
    assert sorted(map(tuple, happened[-3:-1])) == sorted(
        [("newsletter.unsubscribed", ada.reference), ("newsletter.unsubscribed", guest)]
    )
    assert happened[-1] == ("customer.anonymized", ada.reference)


async def test_asking_for_a_guests_newsletter_tells_that_it_is_the_customers(press):
    await press.subscribe()
    ada = await press.shop.account()
    unlinked = update(SubscriptionRow).values(customer_id=None)
    await press.shop.container.units.write(lambda it: it.execute(unlinked))

    await press.ask_as(ada)

    assert (await told(press))[2:] == [("subscribed", ada.reference)]


@pytest.mark.parametrize("state", ["unsubscribed", "bounced"])
async def test_nothing_is_told_of_what_has_ended(press, state):
    await press.subscribe()
    ended = update(SubscriptionRow).values(state=state)
    await press.shop.container.units.write(lambda it: it.execute(ended))

    await press.shop.account()

    assert len(await told(press)) == 1


async def test_a_mailbox_that_another_account_has_proven_leaves_the_one_before(press):
    ada = await press.shop.account()
    await subscribe_as(press, ada)
    await press.office.call("PATCH", f"/customers/{ada.reference}", {"email": OTHER})
    press.shop.clock.advance(days=31)  # nobody can undo it any more
    grace = await press.shop.account(EMAIL)
    ada = await press.shop.session(ada.reference, OTHER)

    assert await press.own(grace) == [("News", EMAIL, "subscribed")]
    assert await press.own(ada) == []
    assert (await told(press))[-1] == ("subscribed", grace.reference)


async def test_what_another_account_left_at_a_mailbox_is_its_owners_for_asking(press):
    ada, grace = await press.shop.account(OTHER), await press.shop.account()
    await subscribe_as(press, grace)
    others = update(SubscriptionRow).values(
        customer_id=select(CustomerRow.id)
        .where(CustomerRow.reference == ada.reference)
        .scalar_subquery()
    )
    await press.shop.container.units.write(lambda it: it.execute(others))

    await press.ask_as(grace)

    assert await press.own(grace) == [("News", EMAIL, "subscribed")]
