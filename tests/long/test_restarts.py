"""A rolling restart under load loses no request (G13)."""

import asyncio
from itertools import count

import pytest

from tests.blackbox.server import start_server
from tests.long.balancer import Balancer
from tests.long.load import Load, new_client, sign_up
from tests.long.test_durability import ENVIRONMENT, assert_nothing_is_lost_or_doubled, stored

pytestmark = pytest.mark.long

CLIENTS = 6
ROUNDS = 2
DELAY_SECONDS = 2
GRACE_SECONDS = 30


@pytest.mark.promise("G13", "S98")
async def test_a_rolling_restart_under_load_fails_no_request(tmp_path, database_url, signing_key):
    environment = ENVIRONMENT | {
        "CUSTOMER_API_DATABASE_URL": database_url,
        "CUSTOMER_API_SIGNING_KEYS": str(signing_key),
        "CUSTOMER_API_SHUTDOWN_DELAY_SECONDS": str(DELAY_SECONDS),
    }
    directories, balancer, load, stop = count(), Balancer(), Load(), asyncio.Event()

    async def start():
        directory = tmp_path / str(next(directories))
        directory.mkdir()
        server = await asyncio.to_thread(start_server, directory, environment)
        balancer.urls.append(server.url)
        await balancer.wait_until_ready(server.url)
        return server

    codes = []
    async with balancer.running(), new_client() as client:
        servers = [await start(), await start()]
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                customer = await sign_up(client, balancer.url, f"ada{number}@shop.example")
                group.create_task(load.add_addresses(client, lambda: balancer.url, customer, stop))
            for _ in range(2 * ROUNDS):
                await asyncio.sleep(1)
                oldest = servers.pop(0)
                async with asyncio.timeout(GRACE_SECONDS):
                    codes.append(await asyncio.to_thread(oldest.stop))
                balancer.urls.remove(oldest.url)
                servers.append(await start())
            stop.set()
        codes += [await asyncio.to_thread(server.stop) for server in servers]

    assert set(codes) == {0}
    assert (set(load.statuses), load.unanswered) == ({201}, 0)
    assert len(load.acknowledged) > 100
    assert_nothing_is_lost_or_doubled(await stored(database_url), load)
