"""Engines for the two databases, with every wait bounded and every trap of the drivers defused."""

import sqlite3
import time
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

CONNECTION_TIMEOUT_SECONDS: Final = 5.0
RECYCLE_SECONDS: Final = 1800
PAUSE_SECONDS: Final = 0.01
STEPS_BETWEEN_LOOKS: Final = 100_000
"""Instructions of SQLite's machine, some milliseconds; short statements are never interrupted."""


def parse_url(url: str) -> URL:
    """Return the SQLAlchemy URL, driver included, of a `DATABASE_URL`.

    Raises:
        ValueError: neither `sqlite:///path` nor `postgresql://...`; the message repeats no secret.
    """
    scheme, separator, _ = url.partition("://")
    if separator and scheme == "sqlite":
        parsed = make_url(url).set(drivername="sqlite+pysqlite")
        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("SQLite needs a file: sqlite:///path/to/file.db")
        return parsed
    if separator and scheme in {"postgresql", "postgres"}:
        return make_url(url).set(drivername="postgresql+asyncpg")
    raise ValueError("the database URL must start with sqlite:/// or postgresql://")


def postgres_engine(
    url: URL, *, pool_size: int, pool_timeout_seconds: float, statement_timeout_seconds: float
) -> AsyncEngine:
    """Return an engine over asyncpg with every wait bounded."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout_seconds,
        pool_recycle=RECYCLE_SECONDS,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECTION_TIMEOUT_SECONDS,
            "command_timeout": statement_timeout_seconds + 1,
            "server_settings": {
                "application_name": "customer-api",
                "statement_timeout": str(int(statement_timeout_seconds * 1000)),
                "idle_in_transaction_session_timeout": "60000",
            },
        },
    )


def sqlite_engine(
    url: URL,
    *,
    busy_timeout_seconds: float,
    statement_timeout_seconds: float | None = None,
    read_only: bool = False,
) -> Engine:
    """Return an engine whose transactions begin IMMEDIATE, so that none is ever lost.

    A long statement is stopped when its transaction is older than the time-out; None = never.
    """
    engine = create_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - DBAPI
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_timeout_seconds * 1000)}")
        cursor.execute("PRAGMA foreign_keys = ON")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            _keep_write_ahead_log(cursor, busy_timeout_seconds)
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA secure_delete = ON")
        cursor.close()

    if not read_only:
        # Not in a listener of "begin": when one raises, SQLAlchemy begins no further transaction on
        # that connection, and every later statement would be committed by itself.
        engine.dialect.do_begin = _begin_immediate  # type: ignore[method-assign, assignment]  # its own

    if statement_timeout_seconds is not None:
        _stop_long_statements(engine, statement_timeout_seconds)
    return engine


def _keep_write_ahead_log(cursor: sqlite3.Cursor, timeout_seconds: float) -> None:
    """Set the journal mode, which a file keeps.

    Where several do that to a new file at once, SQLite refuses all but one without any waiting.
    """
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(PAUSE_SECONDS)
        else:
            return


def _begin_immediate(connection: Any) -> None:  # noqa: ANN401 - DBAPI
    connection.execute("BEGIN IMMEDIATE")


def _stop_long_statements(engine: Engine, seconds: float) -> None:
    """Let SQLite ask in the middle of statements whether their transaction is too old."""

    @event.listens_for(engine, "begin")
    def _start(connection: Connection) -> None:
        deadline = time.monotonic() + seconds
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)


def truncate_log(connection: Connection) -> None:
    """Empty the write-ahead log of an SQLite file, unless somebody else uses it just now."""
    driver = connection.connection.driver_connection  # no transaction may be open
    assert isinstance(driver, sqlite3.Connection)
    (timeout,) = driver.execute("PRAGMA busy_timeout").fetchone()
    driver.execute("PRAGMA busy_timeout = 0")  # writers must not wait for somebody who reads
    try:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driver.execute(f"PRAGMA busy_timeout = {timeout}")
