"""Delivery: at least once, in the order of each subject, and no receiver holds up another."""

import asyncio
import logging

import pytest

from customer_api.core.errors import DatabaseUnavailable
from customer_api.events import subscriptions
from customer_api.events import worker as worker_module
from customer_api.events.models import EventType
from customer_api.events.tries import DELAYS
from tests.events.conftest import CART, CRM


def is_about(*subjects):
    return lambda event: event["subject"] in subjects


async def until(condition):
    """Let other tasks run until the condition holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - conditions have no event
            await asyncio.sleep(0.01)


async def run_after(clock, worker, seconds):
    clock.advance(seconds=seconds)
    await worker.run_once()


async def test_events_come_in_the_order_of_their_subjects(event_log, worker, receivers):
    subscription = await event_log.subscribe()
    for number in range(5):
        await event_log.record("a", "b", data={"number": number})

    await worker.run_once()

    taken = receivers.taken[CART]
    for subject in ("a", "b"):
        assert [it["data"]["number"] for it in taken if it["subject"] == subject] == list(range(5))
    progress = await event_log.progress(subscription)
    assert (progress.subscription.position, progress.undelivered) == (10, 0)
    assert progress.subscription.delivered_at == event_log.clock.now()


async def test_nothing_is_sent_twice(event_log, worker, receivers):
    await event_log.subscribe()
    await event_log.record("a")

    await worker.run_once()
    await worker.run_once()

    assert len(receivers.asked[CART]) == 1


async def test_more_events_than_a_batch_are_delivered_in_one_go(
    event_log, worker, receivers, monkeypatch
):
    monkeypatch.setattr(worker_module, "BATCH", 3)
    monkeypatch.setattr(worker_module, "NUMBER_BATCH", 2)
    await event_log.subscribe()
    await event_log.record(*"abcdefgh")

    await worker.run_once()

    assert [it["subject"] for it in receivers.taken[CART]] == list("abcdefgh")


async def test_a_receiver_is_told_of_the_types_it_asked_for(event_log, worker, receivers):
    wanted = frozenset({EventType.CUSTOMER_ANONYMIZED})
    subscription = await event_log.subscribe(types=wanted)
    await event_log.record("a")
    await event_log.record("a", kind=EventType.CUSTOMER_ANONYMIZED)
    await event_log.record("a")

    await worker.run_once()

    assert receivers.subjects(CART) == [("a", "customer.anonymized")]
    assert (await event_log.progress(subscription)).subscription.position == 3


async def test_a_refused_event_holds_up_its_subject_and_nobody_else(event_log, worker, receivers):
    subscription = await event_log.subscribe()
    await event_log.record("a", "b", "a", "c")
    receivers.refuse(CART, "status_400", when=is_about("a"))

    await worker.run_once()
    await event_log.record("a", "b")
    await worker.run_once()

    assert [subject for subject, _ in receivers.subjects(CART)] == ["b", "c", "b"]
    assert len(receivers.asked[CART]) == 4  # of a, the first one alone, and once
    progress = await event_log.progress(subscription)
    assert (progress.undelivered, progress.parked, progress.subscription.position) == (3, 0, 6)


async def test_what_was_refused_comes_later_in_its_order(event_log, worker, receivers, clock):
    subscription = await event_log.subscribe()
    for number in range(3):
        await event_log.record("a", "b", data={"number": number})
    receivers.refuse(CART, when=is_about("a"))
    await worker.run_once()
    receivers.accept(CART)

    await run_after(clock, worker, DELAYS[0].total_seconds() - 1)
    early = [it["subject"] for it in receivers.taken[CART]]
    await run_after(clock, worker, 1)

    numbers = [it["data"]["number"] for it in receivers.taken[CART] if it["subject"] == "a"]
    assert (early, numbers) == (["b"] * 3, [0, 1, 2])
    assert (await event_log.progress(subscription)).undelivered == 0


async def test_an_event_that_fails_again_and_again_is_parked_with_what_is_behind_it(
    event_log, worker, receivers, clock, caplog
):
    subscription = await event_log.subscribe()
    await event_log.record("a", "b", "a")
    receivers.refuse(CART, "status_422", when=is_about("a"))

    await worker.run_once()
    for delay in DELAYS:
        assert (await event_log.progress(subscription)).parked == 0
        await run_after(clock, worker, delay.total_seconds())
    receivers.accept(CART)
    await run_after(clock, worker, 10 * 86_400)

    progress = await event_log.progress(subscription)
    assert (progress.undelivered, progress.parked) == (2, 1)
    assert len(receivers.asked[CART]) == 1 + 1 + len(DELAYS)
    (parked,) = [it for it in caplog.records if it.msg == "event_parked"]
    assert (parked.levelno, parked.code) == (logging.ERROR, "status_422")


async def test_behind_one_that_was_taken_the_next_has_all_its_tries(
    event_log, worker, receivers, clock
):
    subscription = await event_log.subscribe()
    for number in range(2):
        await event_log.record("a", "b", data={"number": number})
    receivers.refuse(CART, when=is_about("a"))
    await worker.run_once()
    for delay in DELAYS[:-1]:
        await run_after(clock, worker, delay.total_seconds())
    receivers.refuse(
        CART, when=lambda event: event["subject"] == "a" and event["data"]["number"] == 1
    )
    for delay in (DELAYS[-1], *DELAYS[:-1]):
        await run_after(clock, worker, delay.total_seconds())

    progress = await event_log.progress(subscription)
    assert (progress.undelivered, progress.parked) == (1, 0)


async def test_an_outage_costs_no_tries_and_loses_nothing(event_log, worker, receivers, clock):
    subscription = await event_log.subscribe()
    await event_log.record("a", "b")
    receivers.refuse(CART, "unreachable")

    pauses = []
    for _ in range(11):
        await worker.run_once()
        now = (await event_log.progress(subscription)).subscription
        pauses.append((now.paused_until - clock.now()).total_seconds())
        clock.advance(seconds=pauses[-1])
    receivers.accept(CART)
    down = await event_log.progress(subscription)
    await worker.run_once()
    up = await event_log.progress(subscription)

    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert (down.undelivered, down.subscription.position) == (0, 0)
    assert (down.subscription.failures, down.subscription.last_error) == (11, "unreachable")
    assert [subject for subject, _ in receivers.subjects(CART)] == ["a", "b"]
    assert (up.subscription.failures, up.subscription.paused_until) == (0, None)
    assert up.subscription.last_error is None


async def test_during_a_pause_nothing_is_tried(event_log, worker, receivers, clock):
    await event_log.subscribe()
    await event_log.record("a")
    receivers.refuse(CART)
    await worker.run_once()
    asked = len(receivers.asked[CART])

    clock.advance(seconds=0.9)
    await worker.run_once()

    assert len(receivers.asked[CART]) == asked


async def test_a_receiver_that_takes_the_others_is_not_paused(event_log, worker, receivers, clock):
    subscription = await event_log.subscribe()
    await event_log.record("a", "b")
    receivers.refuse(CART, when=is_about("a"))
    await worker.run_once()
    await run_after(clock, worker, DELAYS[0].total_seconds())

    assert (await event_log.progress(subscription)).subscription.paused_until is None


async def test_a_receiver_that_fails_does_not_hold_up_another(event_log, worker, receivers):
    await event_log.subscribe(CART)
    await event_log.subscribe(CRM)
    await event_log.record("a")
    receivers.refuse(CART)

    await worker.run_once()

    assert receivers.subjects(CRM) == [("a", "customer.updated")]


async def test_a_receiver_that_never_answers_does_not_hold_up_another(
    event_log, make_worker, receivers, monkeypatch
):
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(worker_module, "STOP_SECONDS", 0.01)
    await event_log.subscribe(CART)
    await event_log.subscribe(CRM)
    receivers.silent.add(CART)
    stop = asyncio.Event()
    working = asyncio.create_task(make_worker().run(stop))

    for subject in "abc":
        await event_log.record(subject)
        await until(
            lambda subject=subject: (subject, "customer.updated") in receivers.subjects(CRM)
        )
    stop.set()
    await working

    assert len(receivers.asked[CART]) == 1
    assert receivers.is_closed


async def test_a_receiver_that_never_answers_is_given_up_in_time(event_log, make_worker, receivers):
    subscription = await event_log.subscribe()
    await event_log.record("a")
    receivers.silent.add(CART)

    await make_worker(timeout_seconds=0.05).run_once()

    assert (await event_log.progress(subscription)).subscription.last_error == "timeout"


async def test_while_one_worker_delivers_another_does_not(event_log, make_worker, receivers):
    await event_log.subscribe()
    await event_log.record("a")
    receivers.silent.add(CART)
    delivering = asyncio.create_task(make_worker().run_once())
    await until(lambda: receivers.asked[CART])
    receivers.silent.clear()

    await make_worker().run_once()
    asked = len(receivers.asked[CART])
    delivering.cancel()
    await asyncio.gather(delivering, return_exceptions=True)

    assert asked == 1


async def test_after_its_lease_a_dead_worker_is_replaced(event_log, make_worker, receivers, clock):
    await event_log.subscribe()
    await event_log.record("a")
    receivers.silent.add(CART)
    dying = asyncio.create_task(make_worker().run_once())
    await until(lambda: receivers.asked[CART])
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    receivers.silent.clear()

    await run_after(clock, make_worker(), 29)
    before = len(receivers.taken[CART])
    await run_after(clock, make_worker(), 1)

    assert (before, len(receivers.taken[CART])) == (0, 1)
    first, second = receivers.asked[CART]
    assert first == second


async def test_what_a_late_worker_notes_changes_nothing(event_log, make_worker, receivers, clock):
    """It was stopped in the middle, and another one has delivered meanwhile."""
    subscription = await event_log.subscribe()
    await event_log.record("a", "b")
    late, other = make_worker(), make_worker()

    async def interrupt(url, body, headers):
        receivers.send = send
        clock.advance(seconds=60)
        await other.run_once()
        await event_log.record("c")
        await send(url, body, headers)

    send, receivers.send = receivers.send, interrupt
    await late.run_once()
    position = (await event_log.progress(subscription)).subscription.position
    await other.run_once()

    assert position == 2
    assert {it["subject"] for it in receivers.taken[CART]} == {"a", "b", "c"}


async def test_a_worker_does_not_begin_what_may_end_after_its_lease(
    event_log, make_worker, receivers, clock
):
    subscription = await event_log.subscribe()
    await event_log.record("a", "a", "a", "a")
    send = receivers.send

    async def send_slowly(url, body, headers):
        clock.advance(seconds=9)
        await send(url, body, headers)

    receivers.send = send_slowly
    worker = make_worker()
    serve = worker._deliver_new  # noqa: SLF001 - one batch, to see where it ends
    held = await worker._claim(subscription.id)  # noqa: SLF001
    await event_log.number()
    await serve(held, asyncio.Event())

    assert len(receivers.taken[CART]) == 3
    assert (await event_log.progress(subscription)).undelivered == 1


async def test_a_stop_ends_what_is_in_hand_and_nothing_else(
    event_log, make_worker, receivers, monkeypatch
):
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 0.01)
    subscription = await event_log.subscribe()
    await event_log.record("a", "a", "a")
    stop, send = asyncio.Event(), receivers.send

    async def send_and_stop(url, body, headers):
        await send(url, body, headers)
        stop.set()

    receivers.send = send_and_stop
    await make_worker().run(stop)
    progress = await event_log.progress(subscription)
    receivers.send = send
    await make_worker().run_once()

    assert progress.undelivered == 2
    assert len(receivers.asked[CART]) == 3
    assert (await event_log.progress(subscription)).undelivered == 0


async def test_a_stop_before_the_first_event_changes_nothing(event_log, make_worker, receivers):
    subscription = await event_log.subscribe()
    await event_log.record("a")
    await event_log.number()
    stop = asyncio.Event()
    stop.set()
    worker = make_worker()
    held = await worker._claim(subscription.id)  # noqa: SLF001 - the moment between claim and stop

    await worker._deliver_new(held, stop)  # noqa: SLF001

    assert receivers.asked[CART] == []
    assert (await event_log.progress(subscription)).subscription.position == 0


async def test_a_receiver_that_is_removed_meanwhile_is_no_error(
    event_log, make_worker, receivers, caplog
):
    subscription = await event_log.subscribe()
    await event_log.record("a")
    send = receivers.send

    async def remove(url, body, headers):
        await event_log.units.write(lambda it: subscriptions.remove(it, subscription))
        await send(url, body, headers)

    receivers.send = remove
    await make_worker().run_once()

    assert caplog.records == []


async def test_personal_data_is_shown_to_those_who_asked_for_it(event_log, make_worker, receivers):
    await event_log.subscribe(CART, has_personal_data=True)
    await event_log.subscribe(CRM)
    await event_log.record("a")

    def details(_connection, events):
        return {event.uuid: {"customer": {"email": "ada@shop.example"}} for event in events}

    await make_worker(details=details).run_once()

    (shown,), (hidden,) = receivers.taken[CART], receivers.taken[CRM]
    assert shown["data"] == {"n": 1, "customer": {"email": "ada@shop.example"}}
    assert hidden["data"] == {"n": 1}


@pytest.fixture
def short_waits(monkeypatch):
    """Let the loop go round fast."""
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 0.01)


class FailingUnits:
    """Raises an error at the first read and write, then works."""

    def __init__(self, units, error):
        self._units = units
        self._errors = {"read": error, "write": error}

    async def read(self, work):
        return await self._do("read", work)

    async def write(self, work):
        return await self._do("write", work)

    async def _do(self, what, work):
        error = self._errors.pop(what, None)
        if error is not None:
            raise error
        return await getattr(self._units, what)(work)


@pytest.mark.parametrize("error", [DatabaseUnavailable(), RuntimeError("a secret")])
@pytest.mark.usefixtures("short_waits")
async def test_the_worker_outlives_failures(event_log, make_worker, receivers, caplog, error):
    await event_log.subscribe()
    await event_log.record("a")
    stop = asyncio.Event()
    working = asyncio.create_task(make_worker(units=FailingUnits(event_log.units, error)).run(stop))
    await until(lambda: receivers.taken[CART])
    stop.set()
    await working

    is_known = isinstance(error, DatabaseUnavailable)
    assert [it.msg for it in caplog.records] == ([] if is_known else ["event_worker_failed"] * 2)
    assert "secret" not in caplog.text


async def test_a_broken_event_is_logged_and_the_receiver_is_let_go(
    event_log, make_worker, receivers, caplog
):
    subscription = await event_log.subscribe(has_personal_data=True)
    await event_log.record("a")

    def broken(_connection, _events):
        raise RuntimeError("a secret")

    await make_worker(details=broken).run_once()
    await make_worker().run_once()

    assert [it.code for it in caplog.records] == ["RuntimeError"]
    assert len(receivers.taken[CART]) == 1
    assert (await event_log.progress(subscription)).undelivered == 0
