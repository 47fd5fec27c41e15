"""Floods of logins against real servers: guesses from everywhere, and more hashes than can be made."""

import asyncio
import os
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.blackbox.server import start_server
from tests.shop import PASSWORD, registration

pytestmark = pytest.mark.long

FLOOD = 500
TRIES = 200
HEALTH_P95_SECONDS = 0.2
REFUSAL_P95_SECONDS = 5.0
HASH_KIB = 19456
EMAIL = "ada@shop.example"


def document(resource_type, **attributes):
    return {"data": {"type": resource_type, "attributes": attributes}}


def log_in(password=PASSWORD, email=EMAIL):
    return document("access-tokens", username=email, password=password)


def client_of(server, **headers):
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.AsyncClient(
        base_url=server.url, limits=limits, timeout=60, trust_env=False, headers=headers
    )


async def register(client):
    created = await client.post("/v1/customers", json=document("customers", **registration()))
    assert created.status_code == 201, created.text


def memory_kib(pid):
    """Return the resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def p95(values):
    return sorted(values)[int(len(values) * 0.95)]


async def timed(call):
    started = time.perf_counter()
    response = await call
    return response, time.perf_counter() - started


@pytest.mark.promise("S18")
async def test_a_flood_of_logins_is_turned_away_and_over_soon(tmp_path, database_url):
    environment = {
        "CUSTOMER_API_DATABASE_URL": database_url,
        "CUSTOMER_API_DOUBLE_OPT_IN": "false",
        "CUSTOMER_API_HASH_MEMORY_KIB": str(HASH_KIB),
        "CUSTOMER_API_HASH_TIME_COST": "2",
        "CUSTOMER_API_RATE_LIMITS": "off",
    }
    with start_server(tmp_path, environment) as server:
        async with client_of(server) as client:
            await register(client)
            assert (await client.post("/v1/access-tokens", json=log_in())).status_code == 201
            before, most, health = memory_kib(server.process.pid), 0, []
            flood = [
                asyncio.create_task(timed(client.post("/v1/access-tokens", json=log_in("wrong"))))
                for _ in range(FLOOD)
            ]
            while not all(task.done() for task in flood):
                response, seconds = await timed(client.get("/health/live"))
                assert response.status_code == 200
                health.append(seconds)
                most = max(most, memory_kib(server.process.pid))
                await asyncio.sleep(0.01)
            answers = [task.result() for task in flood]

            after = await client.post("/v1/access-tokens", json=log_in())

    statuses = Counter(response.status_code for response, _ in answers)
    refused = [seconds for response, seconds in answers if response.status_code == 503]
    print(  # noqa: T201 - the result
        statuses,
        f"refused in {p95(refused):.3f} s, health {p95(health):.3f} s (p95),",
        f"{(most - before) / 1024:.1f} MiB more",
    )
    assert statuses.keys() == {401, 503}
    assert all(int(it.headers["retry-after"]) >= 1 for it, _ in answers if it.status_code == 503)
    assert after.status_code == 201
    assert "hashing_busy" in server.log.read_text("utf-8")
    assert most - before <= (os.cpu_count() or 1) * HASH_KIB * 1.5
    assert p95(refused) < REFUSAL_P95_SECONDS
    assert p95(health) < HEALTH_P95_SECONDS


@pytest.mark.promise("S17")
async def test_guesses_from_everywhere_lock_nobody_out_on_two_workers_and_after_a_restart(
    tmp_path, database_url
):
    environment = {
        "CUSTOMER_API_DATABASE_URL": database_url,
        "CUSTOMER_API_DOUBLE_OPT_IN": "false",
        "CUSTOMER_API_TRUSTED_PROXIES": "127.0.0.1",
        "CUSTOMER_API_LOG_LEVEL": "error",
        "CUSTOMER_API_DATABASE_BUSY_TIMEOUT_SECONDS": "30",
    }

    async def guess(client, number):
        headers = {"x-forwarded-for": f"198.51.100.{number}"}
        return await client.post("/v1/access-tokens", json=log_in("wrong"), headers=headers)

    with start_server(tmp_path, environment, workers=2) as server:
        async with client_of(server, **{"x-forwarded-for": "203.0.113.1"}) as client:
            await register(client)
            assert (await client.post("/v1/access-tokens", json=log_in())).status_code == 201
            tries = await asyncio.gather(*(guess(client, number) for number in range(TRIES)))
            owner = await client.post("/v1/access-tokens", json=log_in())

            # The owner's login started the count anew, so strangers fail until they have to wait again.
            again = await asyncio.gather(*(guess(client, number) for number in range(TRIES)))
    with start_server(tmp_path, environment, workers=2) as server:
        async with client_of(server, **{"x-forwarded-for": "203.0.113.1"}) as client:
            restarted = await asyncio.gather(*(guess(client, number) for number in range(10)))
            home = await client.post("/v1/access-tokens", json=log_in())

    for answers in (tries, again):
        statuses = Counter(it.status_code for it in answers)
        assert statuses.keys() == {401, 429}
        # One try at a time once 30 failed: the waits of 1, 2, 4 s ... bound what gets through.
        assert 30 < statuses[401] < 40
        assert all(
            1 <= int(it.headers["retry-after"]) <= 30 for it in answers if it.status_code == 429
        )
    assert owner.status_code == home.status_code == 201
    assert Counter(it.status_code for it in restarted)[429] >= 8
