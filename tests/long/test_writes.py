"""Writes that are repeated, raced, cut off and kept waiting, against two real workers.

Each test has a budget of about a minute; every process is stopped by its own id.
"""

import asyncio
import os
import signal
import sqlite3
import time
from collections import Counter
from contextlib import asynccontextmanager, closing

import httpx
import pytest

from tests.blackbox.server import start_server
from tests.shop import PASSWORD, address, registration

pytestmark = pytest.mark.long
promise = pytest.mark.promise

ROUNDS = 6
PARALLEL = 50
WRITERS = 8
SOAK_SECONDS = 20
CLAIM_SECONDS = 30
BUSY_SECONDS = 5
SLACK_SECONDS = 3


@pytest.fixture
def environment(database_url):
    return {
        "CUSTOMER_API_DATABASE_URL": database_url,
        "CUSTOMER_API_DOUBLE_OPT_IN": "false",
        "CUSTOMER_API_RATE_LIMITS": "off",
        "CUSTOMER_API_LOG_LEVEL": "warning",
        "CUSTOMER_API_DATABASE_BUSY_TIMEOUT_SECONDS": str(BUSY_SECONDS),
    }


@pytest.fixture
def server(tmp_path, environment):
    with start_server(tmp_path, environment, workers=2) as running:
        yield running


def document(resource_type, attributes):
    return {"data": {"type": resource_type, "attributes": attributes}}


@asynccontextmanager
async def client_of(server, headers=None):
    """Speak to the server, each request over a connection of its own, so that both workers serve."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=f"{server.url}/v1", limits=limits, timeout=90, trust_env=False, headers=headers
    ) as client:
        yield client


async def log_in(server, **changes):
    """Register a customer and return the path of the profile and the headers of a session."""
    async with client_of(server) as client:
        body = document("customers", registration(**changes))
        created = await client.post("/customers", json=body)
        credentials = {"username": "ada@shop.example", "password": PASSWORD}
        body = document("access-tokens", credentials)
        tokens = (await client.post("/access-tokens", json=body)).json()["data"]["attributes"]
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    return f"/customers/{created.json()['data']['id']}", headers


def register(client, number, key):
    body = document("customers", registration(email=f"ada{number}@shop.example"))
    return client.post("/customers", json=body, headers={"Idempotency-Key": key})


def kill(server):
    """End the server and its workers at once, as a power cut would."""
    os.killpg(server.process.pid, signal.SIGKILL)  # a process group of its own
    server.process.wait()


async def patient(request):
    """Repeat a request while its first attempt counts as being at work."""
    deadline = time.monotonic() + 2 * CLAIM_SECONDS
    while (answer := await request()).status_code == 409:
        assert answer.json()["errors"][0]["code"] == "1242"
        assert time.monotonic() < deadline
        await asyncio.sleep(int(answer.headers["retry-after"]))
    return answer


@promise("S119")
async def test_a_registration_with_a_key_is_done_once_on_two_workers_and_after_a_crash(
    tmp_path, environment
):
    first = {}
    server = start_server(tmp_path, environment, workers=2)
    async with client_of(server) as client:
        for number in range(ROUNDS):
            answers = await asyncio.gather(
                *(register(client, number, f"key-{number}") for _ in range(PARALLEL))
            )
            assert {it.status_code for it in answers} <= {201, 409}
            bodies = {it.content for it in answers if it.status_code == 201}
            (first[number],) = bodies
    kill(server)

    with start_server(tmp_path, environment, workers=2) as restarted:
        async with client_of(restarted) as client:
            for number, content in first.items():
                again = await register(client, number, f"key-{number}")
                other = await register(client, number, "another-key")
                assert (again.status_code, again.content) == (201, content)
                assert other.status_code == 422


@promise("S119")
async def test_a_registration_that_a_crash_cut_off_is_done_once_when_repeated(
    tmp_path, environment
):
    server = start_server(tmp_path, environment, workers=2)
    async with client_of(server) as client:
        sending = [
            asyncio.create_task(register(client, it % 5, f"{it % 5}")) for it in range(PARALLEL)
        ]
        await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        kill(server)
        answers = await asyncio.gather(*sending, return_exceptions=True)
    seen = {it.content for it in answers if getattr(it, "status_code", None) == 201}

    with start_server(tmp_path, environment, workers=2) as restarted:
        async with client_of(restarted) as client:
            again = await asyncio.gather(
                *(
                    patient(lambda number=it: register(client, number, f"{number}"))
                    for it in range(5)
                )
            )
            others = await asyncio.gather(*(register(client, it, "x" * 9) for it in range(5)))

    assert [it.status_code for it in again] == [201] * 5
    assert seen <= {it.content for it in again}
    assert {it.status_code for it in others} == {422}


@promise("G10", "S94")
async def test_as_many_changes_are_made_as_are_answered_with_success(server):
    path, headers = await log_in(server, lastName="0")
    statuses = Counter()
    deadline = time.monotonic() + SOAK_SECONDS

    async def increment(client):
        read = await client.get(path)
        value = int(read.json()["data"]["attributes"]["lastName"])
        body = document("customers", {"lastName": str(value + 1)})
        seen = {"If-Match": read.headers["etag"]}
        changed = await client.patch(path, json=body, headers=seen)
        statuses[changed.status_code] += 1

    async def write(client):
        while time.monotonic() < deadline:
            await increment(client)

    async with client_of(server, headers) as client:
        await asyncio.gather(*(write(client) for _ in range(WRITERS)))
        read = await client.get(path)

    assert statuses.keys() <= {200, 412, 503}
    assert statuses[200] > WRITERS
    assert read.json()["data"]["attributes"]["lastName"] == str(statuses[200])


@promise("S56")
async def test_however_many_set_and_delete_defaults_there_is_one_of_a_kind_at_most(server):
    path, headers = await log_in(server)
    book = f"{path}/addresses"
    default = {"isDefaultBilling": True, "isDefaultShipping": True}

    async with client_of(server, headers) as client:

        async def add():
            created = await client.post(book, json=document("addresses", address()))
            return created.json()["data"]["id"]

        for _ in range(ROUNDS):
            uuids = [await add() for _ in range(PARALLEL)]
            answers = await asyncio.gather(
                *(
                    client.patch(f"{book}/{it}", json=document("addresses", default))
                    for it in uuids
                ),
                *(client.delete(f"{book}/{it}") for it in uuids),
            )
            entries = (await client.get(book)).json()["data"]
            assert {it.status_code for it in answers} <= {200, 204, 404}
            assert {it.status_code for it in answers[PARALLEL:]} == {204}
            assert entries == []

        for _ in range(5):
            await add()
        uuids = [it["id"] for it in (await client.get(book)).json()["data"]]
        for _ in range(ROUNDS):
            answers = await asyncio.gather(
                *(
                    client.patch(f"{book}/{uuids[it % 5]}", json=document("addresses", default))
                    for it in range(PARALLEL)
                )
            )
            entries = (await client.get(book)).json()["data"]
            assert {it.status_code for it in answers} == {200}
            for flag in default:
                assert sum(it["attributes"][flag] for it in entries) == 1


@asynccontextmanager
async def locked(database_url):
    """Hold the file's write lock, as another process."""
    path = database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("COMMIT")


async def change(client, path, number):
    """Send a change, and return its status and how long it took."""
    begun = time.monotonic()
    body = document("customers", {"lastName": f"n{number}"})
    answer = await client.patch(path, json=body)
    return answer.status_code, time.monotonic() - begun


@promise("S94")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_writes_wait_for_a_lock_of_three_seconds(server, database_url):
    path, headers = await log_in(server)
    async with client_of(server, headers) as client:
        async with locked(database_url):
            changes = [asyncio.create_task(change(client, path, it)) for it in range(20)]
            await asyncio.sleep(3)
            still_waiting = not any(it.done() for it in changes)
        outcomes = await asyncio.gather(*changes)

    assert still_waiting
    assert {status for status, _ in outcomes} == {200}


@promise("S94")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_lock_of_thirty_seconds_is_a_503_in_time_and_nothing_is_done_later(
    server, database_url
):
    path, headers = await log_in(server)
    async with client_of(server, headers) as client:
        async with locked(database_url):
            changes = [asyncio.create_task(change(client, path, it)) for it in range(40)]
            begun = time.monotonic()
            read = await client.get(path)
            read_seconds = time.monotonic() - begun
            outcomes = await asyncio.gather(*changes)
            await asyncio.sleep(max(0, 30 - (time.monotonic() - begun)))
        later = await client.get(path)
        again = await change(client, path, 0)

    assert {status for status, _ in outcomes} == {503}
    assert max(seconds for _, seconds in outcomes) < 2 * BUSY_SECONDS + SLACK_SECONDS
    assert (read.status_code, read_seconds < SLACK_SECONDS) == (200, True)
    assert later.json() == read.json()
    assert again[0] == 200
