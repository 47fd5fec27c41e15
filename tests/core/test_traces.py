import asyncio
import sqlite3
from contextlib import closing

import pytest

from customer_api.core.engines import parse_url
from customer_api.core.traces import DatabaseInUse, database_files, remove_traces

CANARY = b"Quetzalcoatl"


@pytest.fixture
def leaky(tmp_path):
    """A database whose overwritten values are still in its file, for lack of `secure_delete`."""
    path = tmp_path / "leaky.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA secure_delete = OFF; CREATE TABLE people (name TEXT)")
        connection.execute("INSERT INTO people VALUES (?)", [CANARY.decode() * 9])
        connection.execute("DELETE FROM people")
        connection.commit()
    return path


def test_files_of_an_embedded_database_are_those_that_exist(tmp_path):
    path = tmp_path / "a.sqlite3"
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"a.sqlite3{suffix}").touch()

    files = database_files(parse_url(f"sqlite:///{path}"))

    assert [file.name for file in files] == ["a.sqlite3", "a.sqlite3-wal"]
    assert database_files(parse_url("postgresql://db/shop")) == ()


@pytest.mark.promise("S112")
def test_an_embedded_database_is_rewritten_and_its_log_emptied(leaky):
    assert CANARY in leaky.read_bytes()

    remove_traces(parse_url(f"sqlite:///{leaky}"), ["people"], is_full=False)

    contents = b"".join(file.read_bytes() for file in leaky.parent.iterdir())
    assert CANARY not in contents


def test_a_log_that_somebody_reads_is_told_of(leaky, monkeypatch):
    monkeypatch.setattr("customer_api.core.schema.BUSY_TIMEOUT_SECONDS", 0.1)
    with closing(sqlite3.connect(leaky)) as reader:
        reader.execute("PRAGMA journal_mode = WAL")
        reader.execute("INSERT INTO people VALUES ('somebody')")
        reader.commit()
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM people").fetchall()

        with pytest.raises(DatabaseInUse):
            remove_traces(parse_url(f"sqlite:///{leaky}"), ["people"], is_full=False)


@pytest.mark.parametrize("is_full", [False, True])
async def test_tables_of_postgresql_are_vacuumed(shop, postgres_url, is_full):
    await shop.register()

    await asyncio.to_thread(
        remove_traces, parse_url(postgres_url), ["customers", "mails"], is_full=is_full
    )

    assert (await shop.log_in()).status_code == 401  # unconfirmed: the tables can be used
