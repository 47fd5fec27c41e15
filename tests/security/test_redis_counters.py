import asyncio
import logging
import socket
import threading
import time

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from customer_api.security.counters import (
    NOTHING,
    Count,
    CounterName,
    CounterRow,
    DatabaseStore,
    Kind,
)
from customer_api.security.rate_limit import TooManyRequests
from customer_api.security.redis_counters import COUNTER_SERVER_LOST, RedisStore
from tests.redis import RedisServer

ADA = "ada@shop.example"
REFRESHES = CounterName(Kind.REFRESHES, client="client")
FAILURES = CounterName(Kind.LOGIN_FAILURES, ADA, "client")


@pytest.fixture
def redis():
    with RedisServer() as server:
        yield server


@pytest.fixture
async def store(redis, units, clock):
    store = RedisStore(redis.url, database=DatabaseStore(units, clock), clock=clock)
    yield store
    await store.close()


@pytest.fixture
def run(store):
    async def run(rule, subject=None):
        return await store.run(rule, subject=subject)

    return run


async def rows(units):
    """Return what is counted in the database: kinds and numbers."""
    statement = select(CounterRow.kind, CounterRow.number).order_by(CounterRow.kind)
    found = await units.read(lambda it: it.execute(statement).all())
    return [tuple(row) for row in found]


def add(name, seconds=60):
    return lambda counters: counters.add(name, seconds=seconds)


def number(count):
    assert 0 < count.seconds_left <= 60
    return count.number


async def test_clients_are_counted_on_the_server_alone(run, units):
    counts = [await run(add(REFRESHES)) for _ in range(3)]
    seen = await run(lambda it: it.look(REFRESHES))

    assert [number(it) for it in (*counts, seen)] == [1, 2, 3, 3]
    assert await rows(units) == []


async def test_parallel_counts_are_all_counted(run):
    counts = await asyncio.gather(*(run(add(REFRESHES)) for _ in range(50)))

    assert sorted(number(it) for it in counts) == list(range(1, 51))


async def test_a_counter_starts_anew_when_its_time_is_over(run):
    await run(add(REFRESHES, seconds=1))

    deadline = time.monotonic() + 30
    while (await run(lambda it: it.look(REFRESHES))) != NOTHING:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)

    assert number(await run(add(REFRESHES))) == 1


async def test_no_more_is_taken_back_than_was_counted(run):
    await run(lambda it: it.take_back(REFRESHES))
    await run(add(REFRESHES))
    for _ in range(2):
        await run(lambda it: it.take_back(REFRESHES))

    assert number(await run(add(REFRESHES))) == 1


async def test_what_is_taken_back_keeps_its_end(run):
    for _ in range(2):
        await run(add(REFRESHES, seconds=10))

    await run(lambda it: it.take_back(REFRESHES))

    left = await run(lambda it: it.look(REFRESHES))
    assert left.number == 1
    assert 0 < left.seconds_left <= 10


async def test_a_restarted_counter_has_its_whole_time_again(run):
    for _ in range(2):
        await run(add(REFRESHES, seconds=10))

    await run(lambda it: it.restart(REFRESHES, seconds=60))

    restarted = await run(lambda it: it.look(REFRESHES))
    assert restarted.number == 1
    assert 10 < restarted.seconds_left <= 60


async def test_accounts_are_counted_in_the_database(run, units):
    def rule(counters):
        counters.add(REFRESHES, seconds=60)
        counters.restart(CounterName(Kind.KNOWN_CLIENT, ADA, "client"), seconds=60)
        for _ in range(3):
            counters.add(FAILURES, seconds=60)
        counters.take_back(FAILURES)
        return counters.look(FAILURES), counters.look(REFRESHES)

    of_account, of_client = await run(rule, ADA)

    assert of_account == Count(2, 60)
    assert number(of_client) == 1
    assert await rows(units) == [("known_client", 1), ("login_failures", 2)]


async def test_some_kinds_of_one_address_can_be_forgotten(run, units):
    await run(add(FAILURES), ADA)
    await run(add(CounterName(Kind.ACCOUNT_FAILURES, ADA)), ADA)

    await run(lambda it: it.forget(ADA, frozenset({Kind.LOGIN_FAILURES})), ADA)
    await run(lambda it: it.forget(ADA, frozenset({Kind.ACCOUNT_FAILURES})))

    assert await rows(units) == [("account_failures", 1)]


async def test_the_store_forgets_an_address(store, run, units):
    await run(add(FAILURES), ADA)

    await store.forget(ADA)

    assert await rows(units) == []


async def test_a_refusal_keeps_what_was_counted(run, units):
    def refuse(counters):
        counters.add(REFRESHES, seconds=60)
        counters.add(FAILURES, seconds=60)
        raise TooManyRequests(1.0, Kind.CLIENT_LOGINS)

    with pytest.raises(TooManyRequests):
        await run(refuse, ADA)

    assert number(await run(lambda it: it.look(REFRESHES))) == 1
    assert await rows(units) == [("login_failures", 1)]


async def test_the_database_counts_while_the_server_is_lost(redis, run, units, clock, caplog):
    await run(add(REFRESHES))
    redis.stop()
    try:
        lost = [number(await run(add(REFRESHES))), number(await run(add(FAILURES), ADA))]
        both = await run(lambda it: (add(REFRESHES)(it), add(FAILURES)(it)), ADA)
    finally:
        redis.start()
    paused = number(await run(add(REFRESHES)))
    clock.advance(seconds=10)
    found = number(await run(add(REFRESHES)))

    assert lost == [1, 1]
    assert [it.number for it in both] == [2, 2]
    assert (paused, found) == (3, 1)
    assert await rows(units) == [("login_failures", 2), ("refreshes", 3)]
    warnings = [(it.levelno, it.msg, it.code) for it in caplog.records if it.msg != "request"]
    assert warnings == [(logging.WARNING, COUNTER_SERVER_LOST, "ConnectionError")]


async def test_a_rule_that_loses_the_server_midway_counts_an_account_once(redis, run, units):
    def rule(counters):
        count = counters.add(FAILURES, seconds=60)
        if not is_stopped.is_set():
            is_stopped.set()
            redis.stop()
        counters.add(REFRESHES, seconds=60)
        return count

    is_stopped = threading.Event()
    try:
        count = await run(rule, ADA)
    finally:
        redis.start()

    assert count == Count(1, 60)
    assert await rows(units) == [("login_failures", 1), ("refreshes", 1)]


async def test_a_silent_server_counts_as_lost(units, clock):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"valkey://127.0.0.1:{silent.getsockname()[1]}/0"
        store = RedisStore(url, database=DatabaseStore(units, clock), clock=clock)

        counts = [await store.run(add(REFRESHES), subject=None) for _ in range(2)]

    assert counts == [Count(1, 60), Count(2, 60)]
    await store.close()


async def test_shops_share_the_server(redis, open_shop):
    settings = {"rate_limit_storage": SecretStr(redis.url), "client_key_limit": 2}
    first, second = [await open_shop(**settings) for _ in range(2)]

    answers = [await shop.confirm("x") for shop in (first, second, first, second)]

    assert [it.status_code for it in answers] == [422, 422, 429, 429]
    assert await rows(first.container.units) == []


async def test_failed_logins_of_a_client_are_counted_on_the_server(redis, open_shop):
    shop = await open_shop(rate_limit_storage=SecretStr(redis.url), client_login_failure_limit=2)
    answers = [await shop.log_in(email=f"{name}@shop.example") for name in "abc"]

    assert [it.status_code for it in answers] == [401, 401, 429]
    assert {kind for kind, _ in await rows(shop.container.units)} == {
        "account_failures",
        "login_failures",
    }
