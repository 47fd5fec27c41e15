"""A hundred thousand events through twenty kills of the worker that delivers them."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import insert, select

from customer_api.core.clock import SystemClock
from customer_api.core.db import open_units
from customer_api.core.ids import random_uuid
from customer_api.events import subscriptions
from customer_api.events.models import EventRow, EventType
from customer_api.events.worker import BATCH
from customer_api.security.webhook_signatures import new_secret

pytestmark = pytest.mark.long

EVENTS = 100_000
SUBJECTS = 1_000
KILLS = 20
REFUSED_SHARE = 0.0005
"""Of the events, at their first try, so that some are set aside all the time."""
BUDGET_SECONDS = 900
WORKER = (sys.executable, "-m", "customer_api", "worker")


class Receiver:
    """Takes events over HTTP, some of them not at the first try."""

    def __init__(self):
        self.order = defaultdict(list)
        """Ids of what was taken, by subject, in order."""
        self.taken = 0
        self.refused = set()
        self._random = random.Random(1)  # noqa: S311 - the same at every run
        self._talks = set()

    @asynccontextmanager
    async def listening(self):
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader, writer):
        self._talks.add(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                (length,) = (
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                )
                status = self._answer(json.loads(await reader.readexactly(length)))
                writer.write(b"HTTP/1.1 %d .\r\ncontent-length: 0\r\n\r\n" % status)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the worker was killed, or has closed the connection
        finally:
            self._talks.discard(asyncio.current_task())
            writer.close()

    def _answer(self, event):
        if event["id"] not in self.refused and self._random.random() < REFUSED_SHARE:
            self.refused.add(event["id"])
            return 503
        self.order[event["subject"]].append(event["id"])
        self.taken += 1
        return 204

    async def wait_for(self, count, deadline):
        """Wait until so many were taken, copies included."""
        while self.taken < count:
            assert time.monotonic() < deadline, f"only {self.taken} events came"
            await asyncio.sleep(0.02)


@pytest.fixture
async def units(database_url):
    opened = open_units(database_url, pytest.fail)
    yield opened
    await opened.close()


def start_worker(directory, database_url, signing_key):
    """Start `customer-api worker`; whoever starts it ends it."""
    return subprocess.Popen(
        WORKER,
        cwd=directory,
        env={
            "PATH": os.defpath,
            "CUSTOMER_API_DATABASE_URL": database_url,
            "CUSTOMER_API_SIGNING_KEYS": str(signing_key),
            "CUSTOMER_API_MAIL_URL": "files:mail",
            "CUSTOMER_API_LOG_LEVEL": "error",
            "CUSTOMER_API_EVENT_TIMEOUT_SECONDS": "1",
            "CUSTOMER_API_DATABASE_BUSY_TIMEOUT_SECONDS": "30",
        },
    )


async def subscribe(units, port):
    values = {
        "uuid": random_uuid(),
        "name": "receiver",
        "url": f"http://127.0.0.1:{port}/events",
        "types": frozenset(),
        "has_personal_data": False,
        "secret": new_secret(),
        "position": 0,
    }
    return await units.write(lambda it: subscriptions.add(it, values, now=SystemClock().now()))


async def record(units):
    """Record all events, those of the subjects in turn, while the worker is at work."""
    numbers = range(EVENTS)
    for start in range(0, EVENTS, 5_000):
        rows = [
            {
                "uuid": random_uuid(),
                "type": EventType.CUSTOMER_UPDATED,
                "subject": f"DE--{number % SUBJECTS}",
                "at": SystemClock().now(),
                "data": {},
            }
            for number in numbers[start : start + 5_000]
        ]
        await units.write(lambda it, rows=rows: it.execute(insert(EventRow), rows))


async def deliver(tmp_path, database_url, signing_key, receiver):
    """Let workers deliver everything, each but the last until it is killed."""
    deadline = time.monotonic() + BUDGET_SECONDS
    for kill in range(1, KILLS + 1):
        worker = start_worker(tmp_path, database_url, signing_key)
        try:
            await receiver.wait_for(kill * EVENTS // (KILLS + 1), deadline)
        finally:
            worker.send_signal(signal.SIGKILL)
            assert await asyncio.to_thread(worker.wait, 30) == -signal.SIGKILL
    worker = start_worker(tmp_path, database_url, signing_key)
    try:
        while len({id_ for ids in receiver.order.values() for id_ in ids}) < EVENTS:
            assert time.monotonic() < deadline, f"only {receiver.taken} events came"
            await asyncio.sleep(0.5)
        await asyncio.sleep(5)  # for more copies, and the last note
    finally:
        worker.terminate()
        await asyncio.to_thread(worker.wait, 30)


def firsts(ids):
    """Return ids without their copies, as a receiver does that knows what it has."""
    return list(dict.fromkeys(ids))


async def test_nothing_is_lost_or_disordered_by_twenty_kills(
    tmp_path, database_url, signing_key, units, record_property
):
    receiver = Receiver()
    started_at = time.monotonic()
    async with receiver.listening() as port:
        subscription = await subscribe(units, port)
        recording = asyncio.create_task(record(units))
        await deliver(tmp_path, database_url, signing_key, receiver)
        await recording

    statement = select(EventRow.subject, EventRow.uuid).order_by(EventRow.id)
    recorded = defaultdict(list)
    for subject, uuid in await units.read(lambda it: it.execute(statement).all()):
        recorded[subject].append(uuid)
    progress = await units.read(
        lambda it: subscriptions.progress_of(it, subscriptions.find(it, subscription.uuid))
    )
    copies = receiver.taken - EVENTS
    seconds = time.monotonic() - started_at
    record_property("copies", copies)
    print(f"{copies} copies, {len(receiver.refused)} refused at first, {seconds:.0f} s")  # noqa: T201 - for the report
    assert {subject: firsts(ids) for subject, ids in receiver.order.items()} == recorded
    assert copies <= KILLS * 2 * BATCH
    assert receiver.refused
    assert (progress.undelivered, progress.subscription.position) == (0, EVENTS)
