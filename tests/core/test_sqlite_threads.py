"""The queue in front of SQLite: bounded in time, and nothing in it runs after its caller was told no."""

import asyncio
import threading

import pytest
from sqlalchemy import text

from customer_api.core.errors import DatabaseUnavailable
from tests.core import counting

TIMEOUT_SECONDS = 10
WAIT_SECONDS = 0.2


@pytest.fixture
async def stuck(sqlite_url, open_at):
    """Units whose writer is at work until the event is set."""
    units = open_at(sqlite_url, busy_timeout_seconds=WAIT_SECONDS)
    await units.write(counting.set_up)
    started, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hang(connection):
        loop.call_soon_threadsafe(started.set)
        assert go_on.wait(TIMEOUT_SECONDS)
        counting.increment(connection)

    hanging = asyncio.create_task(units.write(hang))
    await started.wait()
    yield units, go_on, hanging
    go_on.set()
    await hanging


@pytest.mark.promise("S94")
async def test_writes_behind_a_stuck_one_are_refused_meanwhile_and_never_run(
    stuck, sqlite_url, open_at
):
    units, go_on, hanging = stuck
    others = open_at(sqlite_url)

    async with asyncio.timeout(TIMEOUT_SECONDS):
        refused = await asyncio.gather(
            *(units.write(counting.increment) for _ in range(20)), return_exceptions=True
        )

    assert {type(it) for it in refused} == {DatabaseUnavailable}
    assert not hanging.done()
    assert await others.read(counting.read) == 0
    go_on.set()
    await hanging
    await others.write(counting.increment)
    assert await others.read(counting.read) == 2


async def test_whoever_is_cancelled_in_the_queue_is_not_run(stuck, sqlite_url, open_at):
    units, go_on, hanging = stuck
    waiting = asyncio.create_task(units.write(counting.increment))
    await asyncio.sleep(0)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    go_on.set()
    await hanging
    assert await open_at(sqlite_url).read(counting.read) == 1


@pytest.mark.promise("S94")
async def test_scrubbing_behind_a_stuck_write_does_not_fail(stuck):
    units, _, hanging = stuck

    await asyncio.wait_for(units.scrub(), TIMEOUT_SECONDS)

    assert not hanging.done()


async def test_reads_behind_stuck_ones_are_refused_too(sqlite_url, open_at, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    units = open_at(sqlite_url, busy_timeout_seconds=WAIT_SECONDS)
    started, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hang(connection):
        loop.call_soon_threadsafe(started.set)
        assert go_on.wait(TIMEOUT_SECONDS)
        return connection.scalar(text("SELECT 1"))

    hanging = asyncio.create_task(units.read(hang))
    await started.wait()

    async with asyncio.timeout(TIMEOUT_SECONDS):
        with pytest.raises(DatabaseUnavailable):
            await units.read(counting.read)

    go_on.set()
    assert await hanging == 1


async def test_a_thread_keeps_its_connection(sqlite_url, open_at):
    units = open_at(sqlite_url)

    connections = [await units.write(lambda it: it.connection.driver_connection) for _ in range(3)]

    assert len(set(map(id, connections))) == 1


async def test_closing_waits_for_what_is_at_work(stuck):
    units, go_on, hanging = stuck

    closing = asyncio.create_task(units.close())
    await asyncio.wait([closing], timeout=WAIT_SECONDS)
    is_waiting = not closing.done()
    go_on.set()
    await closing

    assert is_waiting
    assert await hanging is None
