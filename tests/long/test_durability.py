"""What was acknowledged survives killed processes and a crashed database (G9, G12)."""

import asyncio
import os
import random
import signal
from contextlib import asynccontextmanager, suppress
from itertools import count

import httpx
import pytest
from sqlalchemy import select

from customer_api.addresses.models import AddressRow
from customer_api.core.db import open_units
from tests.blackbox.server import start_server
from tests.long.load import Load, new_client, sign_up, workers_of

pytestmark = pytest.mark.long

CLIENTS = 6
WRITES = 1000
KILL_EVERY_SECONDS = 2.0
KILLS = 10
BUDGET_SECONDS = 240.0
SEED = 20260314

ENVIRONMENT = {
    "CUSTOMER_API_DOUBLE_OPT_IN": "false",
    "CUSTOMER_API_RATE_LIMITS": "off",
    "CUSTOMER_API_LOG_LEVEL": "warning",
    "CUSTOMER_API_MAIL_WORKER": "false",
    "CUSTOMER_API_DATABASE_BUSY_TIMEOUT_SECONDS": "20",
}


@asynccontextmanager
async def loaded(server):
    """Let customers write to a server; stops them at the end."""
    load, stop, numbers = Load(), asyncio.Event(), count()
    async with new_client() as client, asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            customer = await sign_up(client, server.url, f"ada{next(numbers)}@shop.example")
            group.create_task(load.add_addresses(client, lambda: server.url, customer, stop))
        try:
            yield load
        finally:
            stop.set()


async def stored(url):
    """Return the first lines of all addresses, sorted."""
    units = open_units(url, pytest.fail)
    lines = await units.read(lambda it: it.execute(select(AddressRow.address1)).scalars().all())
    await units.close()
    return sorted(lines)


async def kill_some(server, load, rng):
    """Kill a random worker every two seconds until enough is written; return how many.

    On a slow machine less often: something must have been written since the last kill.
    """
    loop = asyncio.get_running_loop()
    killed, killed_at = 0, 0.0
    async with asyncio.timeout(BUDGET_SECONDS):
        while len(load.acknowledged) < WRITES or killed < KILLS:
            await asyncio.sleep(KILL_EVERY_SECONDS)
            workers = workers_of(server.process.pid)
            if workers and killed < KILLS and load.last_success_at > killed_at:
                killed_at = loop.time()
                with suppress(ProcessLookupError):
                    os.kill(rng.choice(workers), signal.SIGKILL)
                    killed += 1
    return killed


def assert_nothing_is_lost_or_doubled(lines, load):
    assert len(lines) == len(set(lines))
    assert load.acknowledged <= set(lines)
    # What was neither acknowledged nor answered may be there: nobody can know.
    assert len(lines) <= len(load.acknowledged) + load.unanswered + load.statuses[503]
    assert set(load.statuses) <= {201, 503}


@pytest.mark.promise("G9", "S97")
async def test_killed_workers_lose_nothing_and_come_back(tmp_path, database_url):
    environment = ENVIRONMENT | {"CUSTOMER_API_DATABASE_URL": database_url}
    with start_server(tmp_path, environment, workers=2) as server:
        async with loaded(server) as load:
            killed = await kill_some(server, load, random.Random(SEED))  # noqa: S311 - a schedule
        while len(workers_of(server.process.pid)) < 2:  # noqa: ASYNC110 - processes have no event
            await asyncio.sleep(0.1)

    assert killed >= KILLS
    assert len(load.acknowledged) >= WRITES
    assert_nothing_is_lost_or_doubled(await stored(database_url), load)


@pytest.mark.promise("G9", "G12", "S89")
async def test_a_crashed_database_loses_nothing_and_is_found_again(tmp_path, own_postgres):
    loop = asyncio.get_running_loop()
    environment = ENVIRONMENT | {"CUSTOMER_API_DATABASE_URL": own_postgres.url()}
    recoveries = []
    with start_server(tmp_path, environment, workers=2) as server:
        async with loaded(server) as load:
            for _ in range(3):
                await asyncio.sleep(3)
                await asyncio.to_thread(own_postgres.stop, "immediate")
                await asyncio.sleep(2)
                ready = await asyncio.to_thread(httpx.get, f"{server.url}/health/ready")
                await asyncio.to_thread(own_postgres.start)
                up_at = loop.time()
                async with asyncio.timeout(30):
                    while load.last_success_at <= up_at:  # noqa: ASYNC110 - no event, a number
                        await asyncio.sleep(0.01)
                recoveries.append(load.last_success_at - up_at)
                assert ready.status_code == 503

    assert max(recoveries) <= 5.0, recoveries
    assert load.statuses[503] > 0
    assert (load.unanswered, load.without_retry_after) == (0, 0)
    assert_nothing_is_lost_or_doubled(await stored(own_postgres.url()), load)
