import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from customer_api.api import health
from customer_api.core.errors import DatabaseUnavailable

READY = "http://api.shop.example/health/ready"
LIVE = "http://api.shop.example/health/live"
AWAY = {"status": "unavailable", "reason": "database unavailable"}


@pytest.fixture
def break_reads(shop, monkeypatch):
    """Let every read of the database do something else."""

    def replace(read):
        monkeypatch.setattr(shop.container.units, "read", read)

    return replace


async def test_a_process_with_its_database_is_ready(shop):
    answer = await shop.client.get(READY)

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "error", [DatabaseUnavailable(), OperationalError("", {}, Exception("ada@shop.example"))]
)
async def test_without_the_database_it_is_alive_and_not_ready(shop, break_reads, error):
    async def fail(_work):
        raise error

    break_reads(fail)

    answer = await shop.client.get(READY)

    assert (answer.status_code, answer.json()) == (503, AWAY)
    assert answer.headers["retry-after"] == "1"
    assert (await shop.client.get(LIVE)).status_code == 200


async def test_a_database_that_never_answers_is_given_up(shop, break_reads, monkeypatch):
    monkeypatch.setattr(health, "READY_TIMEOUT_SECONDS", 0.01)

    break_reads(lambda _work: asyncio.Event().wait())

    # In a task of its own: the cancellation would take the coverage of this function with it.
    (answer,) = await asyncio.gather(shop.client.get(READY))

    assert (answer.status_code, answer.json()) == (503, AWAY)


@pytest.mark.parametrize(
    "change",
    ["UPDATE alembic_version SET version_num = '402a606b7d5a'", "DELETE FROM alembic_version"],
)
async def test_an_older_schema_is_not_ready(shop, change):
    head = shop.container.schema_revision
    await shop.container.units.write(lambda it: it.execute(text(change)))

    answer = await shop.client.get(READY)

    mend = text("INSERT INTO alembic_version VALUES (:head)")
    await shop.container.units.write(lambda it: it.execute(text("DELETE FROM alembic_version")))
    await shop.container.units.write(lambda it: it.execute(mend, {"head": head}))
    assert answer.status_code == 503
    assert answer.json()["reason"] == "database schema does not fit; run customer-api migrate"
    assert (await shop.client.get(READY)).status_code == 200


@pytest.mark.promise("S99")
async def test_a_newer_schema_is_ready_because_migrations_come_before_programs(shop):
    change = text("UPDATE alembic_version SET version_num = 'newer'")
    mend = text("UPDATE alembic_version SET version_num = :head")
    await shop.container.units.write(lambda it: it.execute(change))

    answer = await shop.client.get(READY)

    head = {"head": shop.container.schema_revision}
    await shop.container.units.write(lambda it: it.execute(mend, head))
    assert answer.status_code == 200


async def test_health_has_any_host_name_and_is_not_cached(shop):
    answer = await shop.client.get(LIVE, headers={"Host": "10.1.2.3"})

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
