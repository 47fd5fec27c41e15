"""What the worker does when the mail server is away, slow or worse, and when it is told to stop."""

import asyncio
import logging
from datetime import timedelta

import pytest

from customer_api.core.errors import DatabaseUnavailable
from customer_api.mail import worker as worker_module
from customer_api.mail.errors import DeliveryFailed, DeliveryInterrupted, ServerUnavailable
from customer_api.mail.worker import LEASE
from tests.mail.transports import ScriptedTransport, SilentTransport

INTERRUPTED = DeliveryInterrupted("timeout")


@pytest.mark.promise("S83", "G11")
async def test_interrupted_mail_costs_no_try_and_waits_half_a_minute_at_most(
    box, worker, transport, clock
):
    await box.put(await box.add_customer())
    transport.errors = [INTERRUPTED] * 20

    for _ in range(20):
        with pytest.raises(ServerUnavailable):
            await worker.run_once()
        (row,) = await box.rows()
        assert (row.state, row.tries, row.last_error) == ("waiting", 0, "timeout")
        assert row.next_try_at - clock.now() == timedelta(seconds=30)
        clock.advance(seconds=30)

    assert await worker.run_once() == 1
    assert [message["Message-ID"] for _, message in transport.sent] == [row.message_id]


async def test_mail_that_alone_interrupts_keeps_no_other_waiting(box, worker, transport, clock):
    await box.put(await box.add_customer("ada"))
    await box.put(await box.add_customer("grace"))
    transport.errors = [INTERRUPTED]

    with pytest.raises(ServerUnavailable):
        await worker.run_once()
    assert await worker.run_once() == 1

    assert [row.state for row in await box.rows()] == ["waiting", "sent"]


async def test_mail_that_interrupts_again_while_others_are_taken_is_charged_for_it(
    box, worker, transport, clock
):
    await box.put(await box.add_customer("ada"))
    await box.put(await box.add_customer("grace"))
    transport.errors = [INTERRUPTED, None, INTERRUPTED]
    with pytest.raises(ServerUnavailable):
        await worker.run_once()
    await worker.run_once()
    clock.advance(seconds=30)

    await worker.run_once()

    ada, grace = await box.rows()
    assert grace.state == "sent"
    assert (ada.state, ada.tries, ada.last_error) == ("waiting", 1, "timeout")


@pytest.mark.promise("S11")
async def test_outage_of_any_length_spends_no_try(box, worker, transport, clock):
    await box.put(await box.add_customer())
    transport.errors = [ServerUnavailable("connection_refused")] * 50

    for _ in range(50):
        with pytest.raises(ServerUnavailable):
            await worker.run_once()
        clock.advance(minutes=20)
    handled = await worker.run_once()

    (row,) = await box.rows()
    assert handled == len(transport.sent) == 1
    assert (row.state, row.tries) == ("sent", 1)


@pytest.mark.promise("S83")
async def test_mails_that_wait_long_are_an_error_now_and_then(
    box, worker, transport, clock, caplog
):
    await box.put(await box.add_customer("ada"))
    transport.errors = [ServerUnavailable("connection_refused")] * 9

    for _ in range(9):
        with pytest.raises(ServerUnavailable):
            await worker.run_once()
        clock.advance(minutes=2, seconds=30)

    logged = [(record.levelno, record.msg, record.count) for record in caplog.records]
    assert logged == [(logging.ERROR, "mails_delayed", 1)] * 3  # after 15, 17.5 and 20 minutes


async def test_the_look_for_long_waits_is_no_work_of_each_batch(
    box, worker, transport, clock, caplog
):
    await box.put(await box.add_customer("ada"))
    clock.advance(hours=1)
    transport.errors = [ServerUnavailable("connection_refused")] * 3

    for _ in range(3):
        with pytest.raises(ServerUnavailable):
            await worker.run_once()
        clock.advance(seconds=29)

    assert [record.msg for record in caplog.records] == ["mails_delayed"]


async def test_a_look_that_was_not_committed_is_repeated(box, make_worker, units, clock, caplog):
    class FailingOnce:
        has_failed = False

        async def write(self, work):
            def failing(connection):
                work(connection)
                raise DatabaseUnavailable

            if self.has_failed:
                return await units.write(work)
            self.has_failed = True
            return await units.write(failing)

    await box.put(await box.add_customer("ada"))
    clock.advance(hours=1)
    unavailable = ScriptedTransport(ServerUnavailable("connection_refused"))
    worker = make_worker(units=FailingOnce(), transport=unavailable)

    with pytest.raises(DatabaseUnavailable):
        await worker.run_once()
    with pytest.raises(ServerUnavailable):
        await worker.run_once()

    assert [record.msg for record in caplog.records] == ["mails_delayed"]


async def test_mail_that_fails_by_itself_alarms_nobody(box, worker, transport, clock, caplog):
    await box.put(await box.add_customer("ada"))
    transport.errors = [DeliveryFailed("smtp_451")]
    await worker.run_once()
    clock.advance(hours=1)
    transport.errors = [ServerUnavailable("connection_refused")]

    with pytest.raises(ServerUnavailable):
        await worker.run_once()

    assert [record.msg for record in caplog.records] == ["mail_failed"]


@pytest.mark.promise("S87")
async def test_mails_are_returned_when_the_claim_gets_too_short_for_them(box, make_worker, clock):
    for name in ("ada", "grace", "edith"):
        await box.put(await box.add_customer(name))

    class Tarpit(ScriptedTransport):
        async def send(self, message, *, recipient):
            clock.advance(seconds=30)
            await super().send(message, recipient=recipient)

    transport = Tarpit()

    handled = await make_worker(transport=transport).run_once()

    states = [(row.state, row.claimed_until) for row in await box.rows()]
    assert (handled, len(transport.sent)) == (2, 2)
    assert states == [("sent", None), ("sent", None), ("waiting", None)]


@pytest.mark.promise("S87")
async def test_claim_of_a_killed_worker_is_free_after_its_lease(box, worker, transport, clock):
    await box.put(await box.add_customer())
    assert len(await box.claim()) == 1  # by somebody who will not come back
    clock.advance(seconds=LEASE.total_seconds() - 1)
    before = await worker.run_once()
    clock.advance(seconds=1)

    after = await worker.run_once()

    assert (before, after, len(transport.sent)) == (0, 1, 1)


@pytest.mark.promise("S98")
async def test_stop_does_not_wait_for_a_silent_server_and_frees_the_claims(
    box, make_worker, monkeypatch
):
    monkeypatch.setattr(worker_module, "STOP_SECONDS", 0.01)
    for name in ("ada", "grace"):
        await box.put(await box.add_customer(name))
    transport, stop = SilentTransport(), asyncio.Event()
    running = asyncio.create_task(make_worker(transport=transport).run(stop))
    await transport.is_asked.wait()

    stop.set()
    await asyncio.wait_for(running, 10)

    states = [(row.state, row.tries, row.claimed_until) for row in await box.rows()]
    assert states == [("waiting", 0, None)] * 2


async def test_cancelled_worker_frees_the_claims(box, make_worker):
    await box.put(await box.add_customer())
    transport = SilentTransport()
    running = asyncio.create_task(make_worker(transport=transport).run(asyncio.Event()))
    await transport.is_asked.wait()

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert [row.claimed_until for row in await box.rows()] == [None]
