"""Managing a receiver while a worker notes what it did not take."""

import asyncio

import asyncpg
import pytest

from tests.back_office.test_event_subscriptions import PATH, attributes, create, deliver
from tests.events.receivers import ScriptedReceivers

# What a worker does when it sets an event aside, in its order.
CLAIM = "UPDATE event_subscriptions SET position = position"
SET_ASIDE = (
    "INSERT INTO undelivered_events (subscription_id, sequence, subject, tries, next_try_at)"
    " SELECT event_subscriptions.id, events.sequence, events.subject, 0, events.at"
    " FROM event_subscriptions, events"
)
DELIVERED = "DELETE FROM undelivered_events"


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """PostgreSQL alone: the write transactions of SQLite follow each other anyway."""
    return postgres_url


@pytest.fixture
async def office(open_office):
    return await open_office(receivers=ScriptedReceivers())


@pytest.fixture
async def worker(database_url):
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


async def test_a_replay_forgets_what_is_set_aside_just_now(office, worker):
    uuid = (await create(office))["id"]
    await office.customer()
    await deliver(office)

    async with worker.transaction():
        await worker.execute(CLAIM)
        await worker.execute(SET_ASIDE)
        replay = asyncio.create_task(office.call("POST", f"{PATH}/{uuid}/replays", {"after": "0"}))
        await asyncio.sleep(0.5)
    answer = await replay
    shown = await attributes(office, uuid)

    assert answer.status_code == 201
    assert shown["undelivered"] == 0


@pytest.mark.parametrize(("action", "body"), [("replays", {}), ("retries", None)])
async def test_neither_waits_for_a_worker_that_waits_for_it(office, worker, action, body):
    uuid = (await create(office))["id"]
    await office.customer()
    await deliver(office)
    await worker.execute(SET_ASIDE)

    async with worker.transaction():
        await worker.execute(CLAIM)
        call = asyncio.create_task(office.call("POST", f"{PATH}/{uuid}/{action}", body))
        await asyncio.sleep(0.5)
        await worker.execute(DELIVERED)
    answer = await call

    assert answer.is_success, answer.text
