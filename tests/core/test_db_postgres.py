"""What only a server can do: lose connections, run out of them, and be slow or away."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from customer_api.core.errors import DatabaseUnavailable
from tests.core import counting

KILL_OTHERS = """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
      AND application_name = 'customer-api'
"""
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def somebody_waits(operator):
    """Return as soon as a statement in the operator's database waits for a lock."""
    while not await operator.fetchval(WAITING):
        pass  # pragma: no cover - it may wait already


@pytest.fixture
async def operator(postgres_url):
    """A connection of somebody else."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.fixture
def units(open_at, postgres_url):
    return open_at(postgres_url, pool_size=1, pool_timeout_seconds=0.2)


async def test_a_read_is_repeated_once_on_a_lost_connection(units, operator):
    await units.write(counting.set_up)
    assert await operator.fetchval(KILL_OTHERS) == 1

    assert await units.read(counting.read) == 0


async def test_a_read_that_loses_its_connection_twice_is_unavailable(units, operator):
    tries = []

    def work(connection):
        tries.append(connection.scalar(text("SELECT pg_backend_pid()")))
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(DatabaseUnavailable):
        await units.read(work)

    assert len(set(tries)) == len(tries) == 2
    assert await units.read(counting.read) is None


async def test_a_write_on_a_lost_connection_is_not_repeated(units, operator):
    await units.write(counting.set_up)
    await operator.fetchval(KILL_OTHERS)

    with pytest.raises(DatabaseUnavailable):
        await units.write(counting.increment)

    assert await units.read(counting.read) == 0
    await units.write(counting.increment)
    assert await units.read(counting.read) == 1


async def test_an_exhausted_pool_is_unavailable_in_time(units, operator):
    await units.write(counting.set_up)
    await operator.execute("BEGIN; LOCK TABLE reference_sequences")
    waiting = asyncio.create_task(units.write(counting.increment))
    await somebody_waits(operator)

    with pytest.raises(DatabaseUnavailable):
        await units.read(counting.read)

    await operator.execute("COMMIT")
    await waiting
    assert await units.read(counting.read) == 1


async def test_an_unreachable_server_is_unavailable(open_at, unused_tcp_port):
    units = open_at(f"postgresql://postgres@127.0.0.1:{unused_tcp_port}/shop")

    with pytest.raises(DatabaseUnavailable):
        await units.read(counting.read)
    with pytest.raises(DatabaseUnavailable):
        await units.write(counting.set_up)


async def test_a_slow_statement_is_cancelled_by_the_server(open_at, postgres_url):
    units = open_at(postgres_url, statement_timeout_seconds=0.05)

    with pytest.raises(DatabaseUnavailable):
        await units.read(lambda it: it.execute(text("SELECT pg_sleep(60)")))

    assert await units.read(counting.read) is None


async def test_a_deadlock_or_lost_race_is_unavailable_and_nothing_is_written(units):
    def work(connection):
        counting.set_up(connection)
        connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '40P01'; END $$"))

    with pytest.raises(DatabaseUnavailable):
        await units.write(work)

    assert await units.read(counting.read) is None


async def test_a_wrong_statement_stays_an_error(units):
    with pytest.raises(ProgrammingError):
        await units.read(lambda it: it.execute(text("SELECT 1 FROM nowhere")))


async def test_values_stand_in_no_error_text(units):
    statement = text("INSERT INTO nowhere (email) VALUES (:email)")

    with pytest.raises(DBAPIError) as caught:
        await units.write(lambda it: it.execute(statement, {"email": "ada@shop.example"}))

    assert "ada@shop.example" not in str(caught.value)


async def test_a_cancelled_unit_gives_its_connection_back(units, operator):
    await units.write(counting.set_up)
    await operator.execute("BEGIN; LOCK TABLE reference_sequences")
    waiting = asyncio.create_task(units.write(counting.increment))
    await somebody_waits(operator)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    await operator.execute("COMMIT")
    assert await units.read(counting.read) == 0
    await units.write(counting.increment)
    assert await units.read(counting.read) == 1


async def test_a_finished_unit_leaves_no_transaction_open(units, operator):
    await units.write(counting.set_up)
    await units.read(counting.read)

    states = await operator.fetch(
        "SELECT state FROM pg_stat_activity WHERE application_name = 'customer-api' "
        "AND datname = current_database()"
    )

    assert [row["state"] for row in states] == ["idle"]
