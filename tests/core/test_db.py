import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from customer_api.core.db import PostgresUnits, SqliteUnits, UnitsOfWork, open_units
from customer_api.core.errors import AppError, DatabaseUnavailable, TokenRefused
from customer_api.core.types import Claims
from customer_api.customers.references import ReferenceSequenceRow
from tests.core import counting

CLAIMS = Claims(session="5e551017", reference="DE--1", token_id="70ce2")
DEFERRED = """
    CREATE TABLE parents (id INTEGER PRIMARY KEY);
    CREATE TABLE children (
        parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED
    )
"""


class Refused(AppError):
    """Rolls back."""


class RefusedForGood(AppError):
    """Keeps what was done."""

    keeps_changes: ClassVar[bool] = True


class ClosedDoor:
    """A session check that lets nobody in."""

    def find(self, _connection, _claims):
        raise TokenRefused

    def lock(self, connection, _claims):
        connection.execute(text("DELETE FROM reference_sequences"))
        raise TokenRefused


def set_up_and_raise(error):
    def work(connection):
        counting.set_up(connection)
        raise error

    return work


def add_orphan(connection):
    """Break a rule that is checked at the commit."""
    connection.execute(text("INSERT INTO children (parent) VALUES (1)"))


def add_orphan_and_refuse(connection):
    add_orphan(connection)
    raise RefusedForGood


@pytest.fixture
async def units_with_deferred_rule(open_at, blank_database_url):
    units = open_at(blank_database_url)

    def create(connection):
        ReferenceSequenceRow.__table__.create(connection)
        for statement in DEFERRED.split(";"):
            connection.execute(text(statement))

    await units.write(create)
    return units


async def test_a_write_is_committed_when_it_returns(units, open_more):
    await units.write(counting.set_up)

    assert await open_more().read(counting.read) == 0


async def test_a_unit_returns_what_its_work_returns(units):
    assert await units.read(lambda _: "read") == "read"
    assert await units.write(lambda _: "written") == "written"


@pytest.mark.parametrize("claims", [None, "claims"])
async def test_a_result_is_kept_in_its_own_transaction(units, claims):
    kept = []

    def keep(connection, result):
        counting.increment(connection)
        kept.append(result)

    await units.write(counting.set_up)
    if claims is None:
        await units.write(lambda _: "result", keep)
    else:
        await units.write_as(claims, lambda _connection, _session: "result", keep)

    assert kept == ["result"]
    assert await units.read(counting.read) == 1


@pytest.mark.parametrize("error", [Refused(), ValueError("a bug"), asyncio.CancelledError()])
async def test_an_exception_rolls_a_write_back(units, error):
    with pytest.raises(type(error)):
        await units.write(set_up_and_raise(error))

    assert await units.read(counting.read) is None


async def test_a_refusal_that_keeps_its_changes_is_committed(units):
    with pytest.raises(RefusedForGood):
        await units.write(set_up_and_raise(RefusedForGood()))

    assert await units.read(counting.read) == 0


async def test_a_failing_statement_rolls_back_and_the_next_unit_works(units):
    def work(connection):
        counting.set_up(connection)
        counting.set_up(connection)

    with pytest.raises(IntegrityError):
        await units.write(work)

    await units.write(counting.set_up)
    assert await units.read(counting.read) == 0


@pytest.mark.parametrize("work", [add_orphan, add_orphan_and_refuse])
async def test_a_failing_commit_raises_and_the_next_unit_works(units_with_deferred_rule, work):
    units = units_with_deferred_rule

    with pytest.raises(IntegrityError):
        await units.write(work)

    await units.write(counting.set_up)
    assert await units.read(counting.read) == 0
    assert await units.read(lambda it: it.scalar(text("SELECT count(*) FROM children"))) == 0


async def test_each_statement_of_a_read_sees_the_latest_commits(units, open_more):
    await units.write(counting.set_up)
    loop = asyncio.get_running_loop()
    writer = open_more()

    def write_from_elsewhere():
        return asyncio.run_coroutine_threadsafe(writer.write(counting.increment), loop)

    def work(connection):
        first = counting.read(connection)
        if isinstance(units, SqliteUnits):
            write_from_elsewhere().result(5)
        return first, counting.read(connection)

    first, second = await units.read(work)

    assert first == 0
    assert second == (1 if isinstance(units, SqliteUnits) else 0)


async def test_a_failing_read_leaves_the_connection_usable(units):
    for _ in range(10):
        with pytest.raises((OperationalError, ProgrammingError)):
            await units.read(lambda it: it.execute(text("SELECT 1 FROM nowhere")))

    assert await units.read(counting.read) is None


async def test_reading_as_a_customer_finds_the_session_on_the_same_connection(units):
    assert await units.read_as(CLAIMS, lambda _, session: session) == ("found", CLAIMS)


async def test_writing_as_a_customer_locks_the_session_first(units):
    def work(connection, session):
        counting.set_up(connection)
        return session

    assert await units.write_as(CLAIMS, work) == ("locked", CLAIMS)
    assert await units.read(counting.read) == 0


async def test_nobody_reads_or_writes_with_an_ended_session(units, open_more):
    await units.write(counting.set_up)
    closed = open_more(check=ClosedDoor())

    with pytest.raises(TokenRefused):
        await closed.read_as(CLAIMS, pytest.fail)
    with pytest.raises(TokenRefused):
        await closed.write_as(CLAIMS, pytest.fail)

    assert await units.read(counting.read) == 0


async def test_no_update_is_lost_between_two_processes(units, open_more):
    other = open_more(busy_timeout_seconds=30)
    await units.write(counting.set_up)

    await asyncio.gather(
        *(chosen.write(counting.increment) for chosen in (units, other) for _ in range(40))
    )

    assert await units.read(counting.read) == 80


async def test_a_write_in_a_read_is_refused_by_sqlite(sqlite_url, open_at):
    units = open_at(sqlite_url)

    with pytest.raises(DatabaseUnavailable):
        await units.read(counting.set_up)

    assert await units.read(counting.read) is None


async def test_a_locked_sqlite_file_is_waited_for_and_then_unavailable(sqlite_url, open_at):
    holder, waiter = open_at(sqlite_url), open_at(sqlite_url, busy_timeout_seconds=0.5)
    loop = asyncio.get_running_loop()

    def hold(connection):
        counting.read(connection)
        return asyncio.run_coroutine_threadsafe(attempt(), loop).result(10)

    async def attempt():
        with pytest.raises(DatabaseUnavailable):
            await waiter.write(counting.set_up)
        return await waiter.read(counting.read)

    read_meanwhile = await holder.write(hold)

    await waiter.write(counting.set_up)
    assert read_meanwhile is None
    assert await holder.read(counting.read) == 0


async def test_a_sqlite_file_that_cannot_be_opened_is_unavailable(tmp_path):
    units = open_units(f"sqlite:///{tmp_path / 'missing' / 'file.db'}", ClosedDoor())

    with pytest.raises(DatabaseUnavailable):
        await units.read(counting.read)
    with pytest.raises(DatabaseUnavailable):
        await units.write(counting.set_up)

    await units.close()


async def test_a_full_sqlite_disk_is_unavailable_and_reads_go_on(sqlite_url, open_at):
    units = open_at(sqlite_url)
    await units.write(counting.set_up)

    def fill(connection):
        connection.execute(text("PRAGMA max_page_count = 1"))
        connection.execute(text("CREATE TABLE filler AS SELECT zeroblob(1000000)"))

    with pytest.raises(DatabaseUnavailable):
        await units.write(fill)

    assert await units.read(counting.read) == 0


async def test_sqlite_connections_are_configured_for_safety(sqlite_url, open_at):
    def pragmas(connection):
        names = ("journal_mode", "synchronous", "foreign_keys", "secure_delete", "query_only")
        return tuple(connection.scalar(text(f"PRAGMA {name}")) for name in names)

    units = open_at(sqlite_url)

    assert await units.write(pragmas) == ("wal", 2, 1, 1, 0)
    assert (await units.read(pragmas))[2] == 1
    assert (await units.read(pragmas))[4] == 1


async def test_closing_twice_used_units_is_clean(database_url):
    units = open_units(database_url, ClosedDoor())
    await asyncio.gather(*(units.read(counting.read) for _ in range(5)))
    await units.write(counting.set_up)

    await units.close()

    fresh = open_units(database_url, ClosedDoor())
    assert await fresh.read(counting.read) == 0
    await fresh.close()


def test_there_are_no_units_of_no_database_in_particular():
    with pytest.raises(TypeError, match="abstract"):
        UnitsOfWork(ClosedDoor())


def test_the_url_decides_the_kind_of_units(tmp_path):
    assert isinstance(open_units(f"sqlite:///{tmp_path}/a.db", ClosedDoor()), SqliteUnits)
    assert isinstance(open_units("postgresql://db/shop", ClosedDoor()), PostgresUnits)


def size_bytes(path):
    return Path(path).stat().st_size


async def test_scrubbing_that_the_file_system_refuses_does_not_fail(sqlite_url, monkeypatch):
    def refuse(connection):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("customer_api.core.db.truncate_log", refuse)
    units = open_units(sqlite_url, pytest.fail)

    await units.scrub()

    await units.close()


async def test_scrubbing_does_not_wait_for_somebody_who_reads(sqlite_url):
    path = sqlite_url.removeprefix("sqlite:///")
    units = open_units(sqlite_url, pytest.fail, busy_timeout_seconds=60)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        await units.write(lambda it: it.exec_driver_sql("CREATE TABLE scribbles (text TEXT)"))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM scribbles").fetchone()
        await units.write(lambda it: it.exec_driver_sql("INSERT INTO scribbles VALUES ('x')"))

        await asyncio.wait_for(units.scrub(), 10)

        assert size_bytes(f"{path}-wal") > 0
    await units.scrub()
    assert size_bytes(f"{path}-wal") == 0
    timeout = await units.write(lambda it: it.exec_driver_sql("PRAGMA busy_timeout").scalar())
    assert timeout == 60_000
    await units.close()
