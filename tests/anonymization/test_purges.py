"""What is kept for a time only is gone after it, in batches, whoever else is at work."""

import asyncio
import logging

import pytest
from sqlalchemy import event, text

from customer_api.anonymization import retention
from customer_api.credentials import repository as credentials
from customer_api.credentials.models import OneTimeKeyRow
from customer_api.idempotency import repository as requests
from customer_api.mail.models import MailRow
from customer_api.mail.outbox import Outbox
from customer_api.security import counters
from customer_api.tokens import repository as tokens
from customer_api.tokens.models import RefreshTokenRow, SessionRow
from tests.tables import connect, rows

pytestmark = pytest.mark.promise("S114")


async def test_an_ended_session_is_kept_for_a_month_with_its_tokens(shop):
    ada = await shop.account()
    await shop.call("DELETE", "/refresh-tokens/mine", by=ada)
    shop.clock.advance(days=30)
    assert await shop.container.retention.purge_sessions() == 0
    shop.clock.advance(microseconds=1)

    assert await shop.container.retention.purge_sessions() == 1

    assert await rows(shop, SessionRow) == []
    assert await rows(shop, RefreshTokenRow) == []


async def test_an_expired_session_is_kept_as_long_and_live_ones_stay(shop):
    ada = await shop.account()
    shop.clock.advance(days=89)
    other = await shop.session(ada.reference, ada.email)
    shop.clock.advance(days=31, microseconds=1)

    assert await shop.container.retention.purge_sessions() == 1

    assert len(await rows(shop, SessionRow)) == 1
    response = await shop.call("POST", "/refresh-tokens", {"refreshToken": other.refresh_token})
    assert response.status_code == 401  # thirty-one days without a refresh
    assert len(await rows(shop, RefreshTokenRow)) == 1


async def test_the_term_of_sessions_is_a_setting(open_shop):
    shop = await open_shop(session_history_days=1)
    ada = await shop.account()
    await shop.call("DELETE", "/refresh-tokens/mine", by=ada)
    shop.clock.advance(days=1, microseconds=1)

    assert await shop.container.retention.purge_sessions() == 1


async def test_mailed_keys_go_a_day_after_their_end_used_or_not(shop):
    await shop.account()
    await shop.call("POST", "/customer-forgotten-password", {"email": "ada@shop.example"})
    assert len(await rows(shop, OneTimeKeyRow)) == 2
    shop.clock.advance(hours=26)
    assert await shop.container.retention.purge_keys() == 0
    shop.clock.advance(microseconds=1)

    assert await shop.container.retention.purge_keys() == 1

    assert [row.purpose for row in await rows(shop, OneTimeKeyRow)] == ["confirmation"]


async def parked(shop):
    """Return the number of a mail that nobody could deliver and that could be tried again."""
    await shop.account()
    await shop.register()  # "you already have an account", which holds no key
    change = text("UPDATE mails SET state = 'parked' WHERE template = 'account_exists'")
    await shop.container.units.write(lambda connection: connection.execute(change))
    return next(row.id for row in await rows(shop, MailRow) if row.state == "parked")


async def test_a_parked_mail_is_wiped_after_a_while_and_its_record_goes_later(shop):
    number = await parked(shop)
    shop.clock.advance(days=14)
    assert await shop.container.retention.wipe_parked_mails() == 0
    shop.clock.advance(microseconds=1)

    assert await shop.container.retention.wipe_parked_mails() == 1

    (mail,) = (row for row in await rows(shop, MailRow) if row.id == number)
    assert (mail.recipient, mail.variables, mail.state) == (None, None, "parked")
    assert await shop.container.retention.wipe_parked_mails() == 0


async def test_records_of_mails_go_after_three_months_and_waiting_ones_stay(shop):
    await parked(shop)
    await shop.call("POST", "/customer-forgotten-password", {"email": "ada@shop.example"})
    states = [row.state for row in await rows(shop, MailRow)]
    assert sorted(states) == ["parked", "sent", "waiting"]
    shop.clock.advance(days=90)
    assert await shop.container.retention.purge_mails() == 0
    shop.clock.advance(microseconds=1)

    assert await shop.container.retention.purge_mails() == 2

    assert [row.state for row in await rows(shop, MailRow)] == ["waiting"]


async def fill(shop, sessions):
    """Give a customer this many sessions, all of them over for long, and return the customer."""
    ada = await shop.account()
    for _ in range(sessions - 1):
        await shop.session(ada.reference, ada.email)
    await shop.call("DELETE", "/refresh-tokens/mine", by=ada)
    shop.clock.advance(days=31)
    return ada


async def test_a_purge_works_in_batches_until_nothing_is_left(shop, monkeypatch):
    monkeypatch.setattr(retention, "PURGE_BATCH", 2)
    await fill(shop, 5)

    assert await shop.container.retention.purge_sessions() == 5

    assert await rows(shop, SessionRow) == []


async def test_two_workers_purge_each_row_once(open_shop, monkeypatch):
    monkeypatch.setattr(retention, "PURGE_BATCH", 2)
    shop, other = await open_shop(), await open_shop()
    await fill(shop, 7)
    other.clock.advance(days=31)
    for each in (shop, other):
        await connect(each)

    counts = await asyncio.gather(
        *(it.container.retention.purge_sessions() for it in (shop, other))
    )

    assert sum(counts) <= 7  # a worker skips what the other one has locked, and comes again later
    left = [await it.container.retention.purge_sessions() for it in (shop, other)]
    assert sum(counts) + sum(left) == 7
    assert await rows(shop, SessionRow) == []


async def test_a_worker_that_dies_between_batches_leaves_the_rest_for_the_next(shop, monkeypatch):
    monkeypatch.setattr(retention, "PURGE_BATCH", 2)
    await fill(shop, 5)
    write = shop.container.units.write
    batches = iter([write])

    async def die_after_the_first(work):
        return await next(batches)(work)

    monkeypatch.setattr(shop.container.units, "write", die_after_the_first)
    with pytest.raises(RuntimeError):  # how a StopIteration leaves a coroutine
        await shop.container.retention.purge_sessions()
    monkeypatch.undo()
    assert len(await rows(shop, SessionRow)) == 3

    assert await shop.container.retention.purge_sessions() == 3


async def test_a_purge_beside_an_erasure_harms_neither(shop):
    ada = await fill(shop, 4)
    ada = await shop.session(ada.reference, ada.email)
    await connect(shop)

    answer, _ = await asyncio.gather(
        shop.call("DELETE", f"/customers/{ada.reference}", by=ada),
        shop.container.retention.run_once(),
    )

    assert answer.status_code == 204
    assert await rows(shop, SessionRow) == []


async def test_a_step_that_fails_holds_up_no_other(shop, monkeypatch, caplog):
    await fill(shop, 1)

    async def fail():
        raise ValueError("ada@shop.example")

    fail.__name__ = "purge_counters"
    monkeypatch.setattr(shop.container.retention, "purge_counters", fail)

    with caplog.at_level(logging.INFO):
        await shop.container.retention.run_once()

    (failure,) = (it for it in caplog.records if it.message == "retention_failed")
    assert (failure.step, failure.code) == ("purge_counters", "ValueError")
    assert "ada@shop.example" not in caplog.text
    assert await rows(shop, SessionRow) == []


@pytest.mark.parametrize(
    "purge",
    [
        counters.purge,
        credentials.purge_keys,
        requests.purge,
        tokens.purge_sessions,
        Outbox.purge,
        Outbox.wipe_parked,
    ],
)
async def test_purges_find_their_rows_by_an_index(shop, purge):
    def explain(connection):
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:  # else it would rather read the whole of a small table
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        prefix = "EXPLAIN QUERY PLAN " if is_sqlite else "EXPLAIN "
        plan = []

        @event.listens_for(connection, "before_cursor_execute", retval=True)
        def before(_connection, _cursor, statement, parameters, _context, _many):
            return prefix + statement, parameters

        @event.listens_for(connection, "after_cursor_execute")
        def after(_connection, cursor, *_others):
            plan.extend(str(line) for line in cursor.fetchall())

        purge(connection, shop.clock.now(), 10)
        return "\n".join(plan)

    plan = await shop.container.units.write(explain)

    assert "ix_" in plan
    assert "Seq Scan" not in plan
