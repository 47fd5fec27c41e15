"""Empty, migrated databases for tests: copies of a file, and one emptied database per test process."""

import asyncio
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args

import asyncpg

from customer_api.core import schema

T = TypeVar("T")

Backend = Literal["sqlite", "postgresql"]

LIMIT_VARIABLE: Final = "TEST_DATABASES"
"""Set it to one of the backends to test on that alone."""

SERVER_VARIABLE: Final = "TEST_POSTGRES_URL"
"""Set it to a superuser's address of a running server to test on that; its `test_*` databases are replaced."""

TIMEOUT_SECONDS: Final = 60.0

# A connection that a test leaves open would block the emptying, for its locks.
DISCONNECT_OTHERS: Final = """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
TABLES: Final = """
    SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
"""
SEQUENCES: Final = """
    SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences WHERE schemaname = 'public'
"""
# A row by row deletion takes a tenth of the time of TRUNCATE, which makes new files, unless there is much to
# delete. Without the triggers of foreign keys the order of the tables is free.
EMPTYING: Final = """
    SET session_replication_role = replica;
    DO $$ BEGIN
        IF (SELECT max(pg_relation_size(name)) > 1000000 FROM unnest({names}) AS name) THEN
            TRUNCATE {tables};
        ELSE
            {deletions}
        END IF;
        PERFORM setval(name, 1, false) FROM unnest({sequences}) AS name;
    END $$
"""


def selected_backends() -> tuple[Backend, ...]:
    """Return the backends to test on: both, unless the environment limits them.

    Raises:
        ValueError: the environment names an unknown backend.
    """
    known: tuple[Backend, ...] = get_args(Backend)
    limit = os.environ.get(LIMIT_VARIABLE)  # noqa: TID251 - the tests' own variable, no setting of the product
    chosen = tuple(backend for backend in known if limit in (None, "", backend))
    if not chosen:
        raise ValueError(f"{LIMIT_VARIABLE} is {limit!r}, but the backends are {known}")
    return chosen


class SqliteDatabases:
    """Copies of one database file, which is migrated when the first copy is made."""

    def __init__(self, directory: Path) -> None:
        self._template = directory / "template.sqlite3"
        self._is_migrated = False

    def migrated(self, directory: Path) -> str:
        """Return the address of a new database in the directory."""
        if not self._is_migrated:
            _in_thread(schema.upgrade, f"sqlite:///{self._template}")
            with closing(sqlite3.connect(self._template)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._is_migrated = True
        path = directory / "test.sqlite3"
        shutil.copyfile(self._template, path)
        return f"sqlite:///{path}"


class PostgresDatabases:
    """One migrated database for this test process, made from a template and emptied between tests.

    The administrative connections live in the event loop of a thread of their own, so that they
    may be used while a test's loop is running.
    """

    def __init__(self, server_url: str, process: str) -> None:
        self._server, _, _ = server_url.rpartition("/")
        self._names = {kind: f"test_{process}_{kind}" for kind in ("template", "migrated", "blank")}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server_connection = self._run(asyncpg.connect(server_url))
        self._create("template", "template0")
        _in_thread(schema.upgrade, self._url("template"))
        self._create("migrated", self._names["template"])
        self._connection: Any = self._run(asyncpg.connect(self._url("migrated")))
        self._emptying = self._prepared_emptying()

    def migrated(self) -> str:
        """Return the address of the database without any rows, and without other connections."""
        self._run(self._connection.execute(f"{DISCONNECT_OTHERS}; {self._emptying}"))
        return self._url("migrated")

    def blank(self) -> str:
        """Return the address of a new database without any tables; the one before is dropped."""
        self._create("blank", "template0")
        return self._url("blank")

    def close(self) -> None:
        """Drop the databases and end the connections."""
        self._run(self._connection.close())
        for kind in self._names:
            self._drop(kind)
        self._run(self._server_connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_SECONDS)
        self._loop.close()

    def _prepared_emptying(self) -> str:
        tables, sequences = (
            [row[0] for row in self._run(self._connection.fetch(query))]
            for query in (TABLES, SEQUENCES)
        )
        return EMPTYING.format(
            names=f"ARRAY{tables}::regclass[]",
            sequences=f"ARRAY{sequences}::regclass[]",
            tables=", ".join(tables),
            deletions=" ".join(f"DELETE FROM {table};" for table in tables),  # noqa: S608 - from the catalogue
        )

    def _create(self, kind: str, template: str) -> None:
        self._drop(kind)
        name = self._names[kind]
        self._run(self._server_connection.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}'))

    def _drop(self, kind: str) -> None:
        name = self._names[kind]
        statement = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
        self._run(self._server_connection.execute(statement))

    def _url(self, kind: str) -> str:
        return f"{self._server}/{self._names[kind]}"

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(TIMEOUT_SECONDS)


def _in_thread(function: Callable[[str], None], url: str) -> None:
    """Call the function where no event loop is running, since it may start one."""
    with ThreadPoolExecutor(max_workers=1) as executor:
        executor.submit(function, url).result()
