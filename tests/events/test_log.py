"""The places of events, reading from one on, and forgetting what is old."""

import asyncio

import pytest
from sqlalchemy import text

from customer_api.core.db import open_units
from customer_api.events import log, recording
from customer_api.events.errors import EventsPurged
from customer_api.events.models import EventType
from customer_api.tokens.live_sessions import LiveSessions


async def read(event_log, after=0, most=100, **options):
    found = await event_log.units.read(lambda it: log.list_behind(it, after, most=most, **options))
    return [(event.sequence, event.subject) for event in found]


async def test_events_get_their_places_in_the_order_in_which_they_were_recorded(event_log):
    await event_log.record("b", "a")
    await event_log.record("c")

    assert await event_log.number() == 3
    assert await read(event_log) == [(1, "b"), (2, "a"), (3, "c")]
    assert await read(event_log, after=1, most=1) == [(2, "a")]


async def test_what_has_no_place_yet_is_not_read(event_log):
    await event_log.record("a")

    assert await read(event_log) == []
    assert await event_log.units.read(log.has_unnumbered)


async def test_batches_go_on_where_the_last_one_ended(event_log):
    await event_log.record("a", "b", "c")

    assert [await event_log.number(2), await event_log.number(2), await event_log.number(2)] == [
        2,
        1,
        0,
    ]
    assert await read(event_log) == [(1, "a"), (2, "b"), (3, "c")]
    assert await event_log.units.read(log.end_of) == 3


async def test_only_wanted_types_are_read(event_log):
    await event_log.record("a")
    await event_log.record("b", kind=EventType.CUSTOMER_ANONYMIZED)
    await event_log.number()

    assert await read(event_log, types=[EventType.CUSTOMER_ANONYMIZED]) == [(2, "b")]


async def test_an_event_that_is_committed_late_is_behind_those_that_were_read(postgres_url, clock):
    """PostgreSQL hands out ids before rows are committed, so the smaller id can come later."""
    units = open_units(postgres_url, LiveSessions(clock))
    others = open_units(postgres_url, LiveSessions(clock))

    def record(connection, subject):
        recording.record(connection, EventType.CUSTOMER_UPDATED, subject, now=clock.now())

    def record_slowly(connection):
        record(connection, "late")
        connection.execute(text("SELECT pg_sleep(0.5)"))

    try:
        slow = asyncio.create_task(units.write(record_slowly))
        await asyncio.sleep(0.2)
        await others.write(lambda it: record(it, "early"))
        await others.write(lambda it: log.number(it, 100))
        seen = await others.read(lambda it: log.list_behind(it, 0, most=100))
        await slow
        await others.write(lambda it: log.number(it, 100))
        behind = await others.read(lambda it: log.list_behind(it, seen[-1].sequence, most=100))
    finally:
        await units.close()
        await others.close()

    assert [event.subject for event in seen] == ["early"]
    assert [event.subject for event in behind] == ["late"]


async def test_workers_that_number_at_once_give_each_event_one_place(event_log):
    for _ in range(5):
        await event_log.record(*"abcdefghij")

    counts = await asyncio.gather(*(event_log.number(20) for _ in range(6)))

    assert sum(counts) == 50
    assert [place for _, place in await event_log.rows()] == list(range(1, 51))


@pytest.fixture
def purge(event_log, clock):
    async def run(most=100):
        return await event_log.units.write(lambda it: log.purge(it, clock.now(), most))

    return run


async def test_old_events_are_purged_and_readers_of_them_are_told(event_log, purge, clock):
    await event_log.record("a", "b")
    await event_log.number()
    clock.advance(days=1)
    await event_log.record("c")
    await event_log.number()

    assert await event_log.units.write(lambda it: log.purge(it, clock.now(), 100)) == 2

    assert await read(event_log) == [(3, "c")]
    assert await event_log.units.read(lambda it: log.place_of(it, None)) == 2
    assert await event_log.units.read(lambda it: log.place_of(it, 2)) == 2
    with pytest.raises(EventsPurged):
        await event_log.units.read(lambda it: log.place_of(it, 1))


async def test_a_purge_takes_so_many_and_the_next_one_goes_on(event_log, purge, clock):
    await event_log.record("a", "b", "c")
    await event_log.number()
    clock.advance(days=1)

    assert [await purge(2), await purge(2), await purge(2)] == [2, 1, 0]


async def test_places_are_never_used_again(event_log, purge, clock):
    await event_log.record("a")
    await event_log.number()
    clock.advance(days=1)
    await purge()

    await event_log.record("b")
    await event_log.number()

    assert await read(event_log) == [(2, "b")]


async def test_what_a_receiver_does_not_have_yet_is_not_purged(event_log, purge, clock):
    await event_log.record("before")
    await event_log.number()
    await event_log.subscribe()
    await event_log.record("behind")
    await event_log.number()
    clock.advance(days=400)

    assert await purge() == 1
    assert await read(event_log) == [(2, "behind")]


async def test_what_a_receiver_did_not_take_is_not_purged(
    event_log, purge, clock, worker, receivers
):
    subscription = await event_log.subscribe()
    await event_log.record("a", "b")
    receivers.refuse(subscription.url, when=lambda event: event["subject"] == "a")
    await worker.run_once()
    clock.advance(days=400)

    assert await purge() == 1
    assert await read(event_log) == [(1, "a")]
    receivers.accept(subscription.url)
    await worker.run_once()
    assert [subject for subject, _ in receivers.subjects(subscription.url)] == ["b", "a"]
    assert await purge() == 1


async def test_an_event_without_a_place_is_not_purged(event_log, purge, clock):
    await event_log.record("a")
    clock.advance(days=400)

    assert await purge() == 0
