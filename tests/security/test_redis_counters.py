import asyncio
import logging
import socket
import time

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from customer_api.security import redis_counters
from customer_api.security.counters import Count, CounterName, CounterRow, DatabaseStore, Kind
from customer_api.security.redis_counters import COUNTER_SERVER_LOST, RedisCounters
from tests.redis import RedisServer

REFRESHES = CounterName(Kind.REFRESHES, client="client")
KEY_USES = CounterName(Kind.KEY_USES, client="client")


@pytest.fixture
def redis(monkeypatch):
    # A machine that is busy with other tests must not look like a server that is lost.
    monkeypatch.setattr(redis_counters, "TIMEOUT_SECONDS", 30)
    with RedisServer() as server:
        yield server


@pytest.fixture
async def counters(redis, units, clock):
    counters = RedisCounters(redis.url, fallback=DatabaseStore(units, clock), clock=clock)
    yield counters
    await counters.close()


async def rows(units):
    """Return what is counted in the database: kinds and numbers."""
    statement = select(CounterRow.kind, CounterRow.number).order_by(CounterRow.kind)
    found = await units.read(lambda it: it.execute(statement).all())
    return [tuple(row) for row in found]


def number(count):
    assert 0 < count.seconds_left <= 60
    return count.number


async def test_clients_are_counted_on_the_server_alone(counters, units):
    counts = [await counters.add(REFRESHES, seconds=60) for _ in range(3)]
    other = await counters.add(KEY_USES, seconds=60)

    assert [number(it) for it in (*counts, other)] == [1, 2, 3, 1]
    assert await rows(units) == []


async def test_parallel_counts_are_all_counted(counters):
    counts = await asyncio.gather(*(counters.add(REFRESHES, seconds=60) for _ in range(50)))

    assert sorted(number(it) for it in counts) == list(range(1, 51))


async def test_a_counter_starts_anew_when_its_time_is_over(counters):
    await counters.add(REFRESHES, seconds=1)
    deadline = time.monotonic() + 30

    while (await counters.add(REFRESHES, seconds=1)).number > 1:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def test_the_database_counts_while_the_server_is_lost(redis, counters, units, clock, caplog):
    await counters.add(REFRESHES, seconds=60)
    redis.stop()
    try:
        lost = [await counters.add(REFRESHES, seconds=60) for _ in range(2)]
    finally:
        redis.start()
    paused = await counters.add(REFRESHES, seconds=60)
    clock.advance(seconds=10)
    found = await counters.add(REFRESHES, seconds=60)

    assert [number(it) for it in (*lost, paused, found)] == [1, 2, 3, 1]
    assert await rows(units) == [("refreshes", 3)]
    warnings = [(it.levelno, it.msg, it.code) for it in caplog.records]
    assert warnings == [(logging.WARNING, COUNTER_SERVER_LOST, "ConnectionError")]


async def test_a_silent_server_counts_as_lost(units, clock):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"valkey://127.0.0.1:{silent.getsockname()[1]}/0"
        counters = RedisCounters(url, fallback=DatabaseStore(units, clock), clock=clock)

        counts = [await counters.add(REFRESHES, seconds=60) for _ in range(2)]

    assert counts == [Count(1, 60), Count(2, 60)]
    await counters.close()


async def test_a_slow_server_stops_nobody_else(units, clock):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"valkey://127.0.0.1:{silent.getsockname()[1]}/0"
        counters = RedisCounters(url, fallback=DatabaseStore(units, clock), clock=clock)
        waiting = asyncio.create_task(counters.add(REFRESHES, seconds=60))

        turns = 0
        while not waiting.done():
            await asyncio.sleep(0.001)
            turns += 1

    assert turns > 10
    await counters.close()


async def test_shops_share_the_server(redis, open_shop):
    settings = {"rate_limit_storage": SecretStr(redis.url), "client_key_limit": 2}
    first, second = [await open_shop(**settings) for _ in range(2)]

    answers = [await shop.confirm("x") for shop in (first, second, first, second)]

    assert [it.status_code for it in answers] == [422, 422, 429, 429]
    assert await rows(first.container.units) == []
