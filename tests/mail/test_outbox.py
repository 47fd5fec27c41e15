import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from customer_api.core.db import open_units
from customer_api.mail.models import MailRow
from customer_api.mail.outbox import Outbox


@pytest.mark.parametrize("sender", ["", "shop", "Shop <shop@shop.example>", "shop@shop.example\n"])
def test_sender_must_be_a_bare_address(clock, sender):
    with pytest.raises(ValueError, match="bare address"):
        Outbox(clock=clock, sender=sender)


async def test_queued_mail_is_claimed_as_it_was_put(box, make_mail, clock):
    customer = await box.add_customer()
    await box.put(customer, variables={"first_name": "Zoë", "link": "https://shop.example/?a=b"})

    (claimed,) = await box.claim()

    assert claimed.mail == make_mail(
        customer, variables={"first_name": "Zoë", "link": "https://shop.example/?a=b"}
    )
    assert claimed.tries == 0
    assert claimed.created_at == clock.now()
    assert claimed.claimed_until == clock.now() + timedelta(minutes=2)


async def test_message_ids_are_unique_and_of_the_senders_domain(box):
    customer = await box.add_customer()
    await box.put(customer)
    await box.put(customer)

    first, second = await box.rows()

    assert first.message_id != second.message_id
    assert first.message_id.startswith("<")
    assert first.message_id.endswith("@shop.example>")


async def test_mail_of_a_failed_transaction_is_not_queued(box, make_mail):
    customer = await box.add_customer()

    def work(connection):
        box.outbox.put(connection, make_mail(customer))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await box.units.write(work)

    assert await box.rows() == []


async def test_claim_takes_the_oldest_up_to_the_limit(box, clock):
    for name in ("ada", "grace", "edith"):
        await box.put(await box.add_customer(name), reference=name)
        clock.advance(seconds=1)

    claimed = await box.claim(limit=2)

    assert [it.mail.reference for it in claimed] == ["ada", "grace"]


async def test_claimed_mail_is_not_claimed_again_before_its_lease_ends(box, clock):
    await box.put(await box.add_customer())
    await box.claim()

    clock.advance(seconds=119)
    before = await box.claim()
    clock.advance(seconds=1)
    after = await box.claim()

    assert before == ()
    assert len(after) == 1


async def test_customers_next_mail_waits_for_the_one_before(box):
    ada, grace = await box.add_customer("ada"), await box.add_customer("grace")
    await box.put(ada, template="welcome")
    await box.put(ada, template="password_changed")
    await box.put(grace, template="account_exists")

    first = await box.claim()
    meanwhile = await box.claim()
    await box.do("mark_sent", first[0])
    second = await box.claim()

    assert [it.mail.template for it in first] == ["welcome", "account_exists"]
    assert meanwhile == ()
    assert [it.mail.template for it in second] == ["password_changed"]


async def test_customers_next_mail_waits_while_the_one_before_is_due_later(box, clock):
    customer = await box.add_customer()
    await box.put(customer, template="welcome")
    await box.put(customer, template="password_changed")
    (first,) = await box.claim()
    await box.do(
        "mark_failed", first, error="smtp_451", next_try_at=clock.now() + timedelta(seconds=30)
    )

    meanwhile = await box.claim()
    clock.advance(seconds=30)
    later = await box.claim()

    assert meanwhile == ()
    assert [it.mail.template for it in later] == ["welcome"]


async def test_mail_to_another_mailbox_of_the_customer_does_not_wait(box, clock):
    customer = await box.add_customer()
    await box.put(customer, template="welcome", recipient="full@customer.example")
    (first,) = await box.claim()
    later = clock.now() + timedelta(hours=1)
    await box.do("mark_failed", first, error="smtp_452", next_try_at=later)
    await box.put(customer, template="password_changed", recipient="full@customer.example")
    await box.put(customer, template="email_change", recipient="new@customer.example")

    claimed = await box.claim()

    assert [it.mail.template for it in claimed] == ["email_change"]


async def test_parked_mail_does_not_hold_up_the_next(box):
    customer = await box.add_customer()
    await box.put(customer, template="welcome")
    await box.put(customer, template="password_changed")
    (first,) = await box.claim()
    await box.do("mark_parked", first, error="smtp_550")

    (second,) = await box.claim()

    assert second.mail.template == "password_changed"


async def test_workers_at_once_never_claim_the_same_mail(box, database_url):
    for number in range(20):
        await box.put(await box.add_customer(f"customer-{number}"))
    others = open_units(database_url, pytest.fail)

    def work(connection):
        return box.outbox.claim(connection, limit=3, lease=timedelta(minutes=2))

    claims = await asyncio.gather(*(units.write(work) for units in (box.units, others) * 4))
    await others.close()

    claimed = [mail.id for claim in claims for mail in claim]
    assert len(claimed) == len(set(claimed))
    assert claimed


async def test_sent_mail_keeps_no_address_and_no_variables(box, clock):
    await box.put(await box.add_customer())
    (claimed,) = await box.claim()
    clock.advance(seconds=3)

    is_ours = await box.do("mark_sent", claimed)

    (row,) = await box.rows()
    assert is_ours
    assert (row.state, row.sent_at, row.tries) == ("sent", clock.now(), 1)
    assert (row.recipient, row.variables, row.claimed_until) == (None, None, None)
    assert await box.claim() == ()


async def test_wiped_variables_are_null_and_not_json(box):
    await box.put(await box.add_customer())
    (claimed,) = await box.claim()
    await box.do("mark_sent", claimed)

    stored = await box.units.read(
        lambda it: it.exec_driver_sql("SELECT variables IS NULL FROM mails").scalar_one()
    )

    assert stored


async def test_failed_mail_is_due_again_at_the_given_time(box, clock):
    await box.put(await box.add_customer())
    (claimed,) = await box.claim()

    is_ours = await box.do(
        "mark_failed", claimed, error="smtp_451", next_try_at=clock.now() + timedelta(seconds=45)
    )

    (row,) = await box.rows()
    assert is_ours
    assert (row.state, row.tries, row.last_error) == ("waiting", 1, "smtp_451")
    clock.advance(seconds=44)
    assert await box.claim() == ()
    clock.advance(seconds=1)
    (again,) = await box.claim()
    assert (again.tries, again.message_id) == (1, claimed.message_id)


async def test_parked_mail_keeps_its_address_for_an_operator(box):
    await box.put(await box.add_customer())
    (claimed,) = await box.claim()

    is_ours = await box.do("mark_parked", claimed, error="smtp_550")

    (row,) = await box.rows()
    assert is_ours
    assert (row.state, row.tries, row.last_error) == ("parked", 1, "smtp_550")
    assert row.recipient == "ada@customer.example"
    assert row.variables == {"first_name": "Ada", "last_name": "Lovelace"}
    assert await box.claim() == ()


async def test_parked_mail_that_expires_is_wiped(box):
    await box.put(await box.add_customer(), expires_after=timedelta(hours=24))
    (claimed,) = await box.claim()

    await box.do("mark_parked", claimed, error="smtp_550")

    (row,) = await box.rows()
    assert (row.state, row.recipient, row.variables) == ("parked", None, None)


async def test_released_mail_is_due_at_once_and_was_not_tried(box):
    await box.put(await box.add_customer())
    (claimed,) = await box.claim()

    is_ours = await box.do("release", claimed)

    (again,) = await box.claim()
    assert is_ours
    assert again.tries == 0


@pytest.mark.parametrize("mark", ["mark_sent", "mark_failed", "mark_parked", "release"])
async def test_late_worker_cannot_disturb_the_next_one(box, clock, mark):
    await box.put(await box.add_customer())
    (late,) = await box.claim()
    clock.advance(minutes=2)
    await box.claim()
    before = await box.rows()
    details = {
        "mark_failed": {"error": "timeout", "next_try_at": clock.now()},
        "mark_parked": {"error": "timeout"},
    }

    is_ours = await box.do(mark, late, **details.get(mark, {}))

    assert not is_ours
    assert await box.rows() == before


async def test_overdue_mail_is_wiped_and_parked_even_when_claimed(box, clock):
    await box.put(await box.add_customer("ada"), expires_after=timedelta(hours=24))
    await box.put(await box.add_customer("grace"))
    clock.advance(hours=24)
    claimed, _ = await box.claim()

    count = await box.do("expire")

    expired, other = await box.rows()
    assert count == 1
    assert (expired.state, expired.last_error) == ("parked", "expired")
    assert (expired.recipient, expired.variables) == (None, None)
    assert other.state == "waiting"
    assert not await box.do("mark_sent", claimed)


async def test_mail_does_not_expire_early(box, clock):
    await box.put(await box.add_customer(), expires_after=timedelta(hours=24))
    clock.advance(hours=23, minutes=59)

    assert await box.do("expire") == 0


async def test_forgetting_wipes_waiting_and_parked_mails_of_one_customer(box):
    ada, grace = await box.add_customer("ada"), await box.add_customer("grace")
    await box.put(ada)
    (parked,) = await box.claim()
    await box.do("mark_parked", parked, error="smtp_550")
    await box.put(ada)
    await box.put(grace)

    count = await box.do("forget", ada)

    *forgotten, other = await box.rows()
    assert count == 2
    assert [(row.state, row.last_error) for row in forgotten] == [("parked", "erased")] * 2
    assert [(row.recipient, row.variables) for row in forgotten] == [(None, None)] * 2
    assert other.recipient == "ada@customer.example"
    assert [it.mail.customer_id for it in await box.claim()] == [grace]


async def test_forgetting_leaves_sent_mails_and_finds_nothing_the_second_time(box):
    customer = await box.add_customer()
    await box.put(customer)
    (sent,) = await box.claim()
    await box.do("mark_sent", sent)
    await box.put(customer)

    first = await box.do("forget", customer)
    second = await box.do("forget", customer)

    assert (first, second) == (1, 0)
    assert [row.state for row in await box.rows()] == ["sent", "parked"]


async def test_mail_in_hand_during_erasure_stays_wiped(box):
    customer = await box.add_customer()
    await box.put(customer)
    (in_hand,) = await box.claim()
    await box.do("forget", customer)

    is_ours = await box.do("mark_sent", in_hand)

    (row,) = await box.rows()
    assert not is_ours
    assert (row.state, row.recipient) == ("parked", None)


async def test_parked_mail_can_be_retried_by_an_operator(box):
    await box.put(await box.add_customer())
    (claimed,) = await box.claim()
    await box.do("mark_parked", claimed, error="smtp_550")
    await box.units.write(lambda it: it.execute(update(MailRow).values(state="waiting")))

    (again,) = await box.claim()

    assert (again.mail, again.message_id) == (claimed.mail, claimed.message_id)
