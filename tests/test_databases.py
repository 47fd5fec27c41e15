import sqlite3
from contextlib import closing

import asyncpg
import pytest

from tests import databases


def test_backends_are_both_unless_limited(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(databases.LIMIT_VARIABLE, raising=False)

    assert databases.selected_backends() == ("sqlite", "postgresql")


def test_unknown_backend_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(databases.LIMIT_VARIABLE, "mysql")

    with pytest.raises(ValueError, match="mysql"):
        databases.selected_backends()


@pytest.mark.parametrize("run", [1, 2])
def test_sqlite_database_is_migrated_and_own(sqlite_url: str, run: int):
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table'"
        ).fetchall()
        connection.execute("CREATE TABLE leftover (id INTEGER)")

    assert ("customers",) in tables
    assert ("leftover",) not in tables


@pytest.mark.parametrize("run", [1, 2])
async def test_postgres_database_is_emptied_although_a_lock_is_held(postgres_url: str, run: int):
    connection = await asyncpg.connect(postgres_url)

    await connection.execute("BEGIN; LOCK TABLE customers")

    assert await connection.fetchval("SELECT count(*) FROM customers") == 0
    connection.terminate()


async def test_blank_databases_have_no_tables(blank_database_url: str):
    if blank_database_url.startswith("sqlite"):
        with closing(sqlite3.connect(blank_database_url.removeprefix("sqlite:///"))) as connection:
            assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        return
    connection = await asyncpg.connect(blank_database_url)
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"

    assert await connection.fetchval(tables) == 0
    await connection.close()
