"""Units of work over SQLAlchemy Core: the only way to a database connection.

A unit runs plain synchronous code over a `Connection` in one hop: on PostgreSQL inside a greenlet of
the event loop over asyncpg, on SQLite on a thread that owns the connection. This module alone begins and
commits. See docs/decisions/0002.
"""

import asyncio
import copy
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Generic, Protocol, TypeVar

from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.util import greenlet_spawn
from typing_extensions import override

from customer_api.core.db_errors import ConnectionLost, translated
from customer_api.core.engines import (
    parse_url,
    postgres_engine,
    sqlite_engine,
    truncate_log,
)
from customer_api.core.errors import AppError, DatabaseUnavailable
from customer_api.core.sqlite_threads import SqliteThreads
from customer_api.core.types import Claims, SessionCheck, SessionT_co

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
OtherSessionT = TypeVar("OtherSessionT")


class Base(DeclarativeBase):
    """Root of the mapped classes, which declare tables; no ORM session ever loads them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Work(Protocol[T_co]):
    """What a unit does with its connection: statements only, no file, network or sleep."""

    def __call__(self, connection: Connection, /) -> T_co:
        """Run on the connection and return what the unit returns."""


Keep = Callable[[Connection, T], None]
"""What a unit does at its end, inside its transaction, with the result it is going to return."""


def keep_nothing(_connection: Connection, _result: object) -> None:
    """Do nothing with the result: the `Keep` of callers who remember no answers."""


class UnitsOfWork(ABC, Generic[SessionT_co]):
    """Runs work on the database, each call one unit.

    `SessionT_co` is what the session check returns for a caller's claims.

    Raises (all methods):
        DatabaseUnavailable: no connection, a lost one, a time-out or a full disk. Nothing of a
            write was committed, unless the connection was lost in the commit itself.
    """

    def __init__(self, check: SessionCheck[SessionT_co]) -> None:
        self._check = check

    @abstractmethod
    async def read(self, work: Work[T]) -> T:
        """Run work without a transaction; each of its statements sees the latest commits."""

    async def write(self, work: Work[T], keep: Keep[T] = keep_nothing) -> T:
        """Run work, then `keep`, in one transaction and return after its commit.

        An exception rolls everything back, except an `AppError` whose class keeps its changes.
        """

        def kept(connection: Connection) -> T:
            result = work(connection)
            keep(connection, result)
            return result

        return await self._write(kept)

    @abstractmethod
    async def _write(self, work: Work[T]) -> T:
        """Run work in one transaction and return after its commit."""

    async def read_as(self, claims: Claims, work: Callable[[Connection, SessionT_co], T]) -> T:
        """Check the caller's session, then read on the same connection.

        Raises:
            TokenRefused: the session has ended or its customer is gone.
        """
        return await self.read(
            lambda connection: work(connection, self._check.find(connection, claims))
        )

    async def write_as(
        self,
        claims: Claims,
        work: Callable[[Connection, SessionT_co], T],
        keep: Keep[T] = keep_nothing,
    ) -> T:
        """Check the caller's session inside the transaction, then write in it.

        Raises:
            TokenRefused: the session has ended or its customer is gone.
        """
        return await self.write(
            lambda connection: work(connection, self._check.lock(connection, claims)), keep
        )

    def checked_by(self, check: SessionCheck[OtherSessionT]) -> "UnitsOfWork[OtherSessionT]":
        """Return units on the same connections, for callers of another kind."""
        other = copy.copy(self)
        other._check = check  # type: ignore[assignment]  # noqa: SLF001 - it is our copy
        return other  # type: ignore[return-value]

    @abstractmethod
    async def scrub(self) -> None:
        """Remove copies of overwritten values from files of ours; best effort.

        SQLite's write-ahead log is emptied. PostgreSQL's own files are its operator's business.
        """

    @abstractmethod
    async def close(self) -> None:
        """Close all connections; the object cannot be used afterwards."""


class PostgresUnits(UnitsOfWork[SessionT_co]):
    """Units on PostgreSQL over asyncpg, one greenlet hop each."""

    def __init__(self, engine: AsyncEngine, check: SessionCheck[SessionT_co]) -> None:
        super().__init__(check)
        self._engine = engine
        self._writing = engine.sync_engine
        self._reading = engine.sync_engine.execution_options(isolation_level="AUTOCOMMIT")

    @override
    async def read(self, work: Work[T]) -> T:
        """Run work in autocommit; a lost connection is replaced and the work repeated once."""
        try:
            return await self._hop(_reading, self._reading, work)
        except ConnectionLost:
            return await self._hop(_reading, self._reading, work)

    @override
    async def _write(self, work: Work[T]) -> T:
        return await self._hop(_writing, self._writing, work)

    @override
    async def scrub(self) -> None:
        """Do nothing: the server's files are not ours."""

    @override
    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()

    async def _hop(self, run: Callable[[Engine, Work[T]], T], engine: Engine, work: Work[T]) -> T:
        try:
            return await greenlet_spawn(run, engine, work)
        except DBAPIError as error:
            raise translated(error) from error
        except (OSError, PoolTimeout) as error:
            raise DatabaseUnavailable from error


class SqliteUnits(UnitsOfWork[SessionT_co]):
    """Units on an embedded SQLite file: one writer thread, a few reader threads."""

    def __init__(
        self,
        make_engine: Callable[..., Engine],
        check: SessionCheck[SessionT_co],
        *,
        wait_seconds: float,
    ) -> None:
        super().__init__(check)
        self._writer = SqliteThreads(
            make_engine(),
            threads=1,
            wait_seconds=wait_seconds,
            clean=_end_open_transaction,
        )
        self._readers = SqliteThreads(
            make_engine(read_only=True),
            threads=min(4, os.cpu_count() or 1),
            wait_seconds=wait_seconds,
            clean=_end_open_transaction,
        )

    @override
    async def read(self, work: Work[T]) -> T:
        """Run work on a reader thread."""
        return await self._readers.run(work)

    @override
    async def _write(self, work: Work[T]) -> T:
        """Run work on the writer thread, in a transaction that starts with BEGIN IMMEDIATE."""
        return await self._writer.run(partial(_transaction, work=work))

    @override
    async def scrub(self) -> None:
        """Truncate the write-ahead log, unless somebody else uses it just now."""
        # What was written before is committed all the same, whatever the file system says now.
        with suppress(DatabaseUnavailable, sqlite3.Error):
            await self._writer.run(truncate_log)

    @override
    async def close(self) -> None:
        """Finish what is running and close the connections."""
        await asyncio.to_thread(self._readers.close)
        await asyncio.to_thread(self._writer.close)


def open_units(
    url: str,
    check: SessionCheck[SessionT_co],
    *,
    pool_size: int = 10,
    pool_timeout_seconds: float = 5.0,
    statement_timeout_seconds: float = 10.0,
    busy_timeout_seconds: float = 5.0,
) -> UnitsOfWork[SessionT_co]:
    """Return units for a `sqlite:///` or `postgresql://` URL; connects at first use.

    Raises:
        ValueError: another database, or SQLite in memory.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        make_engine = partial(
            sqlite_engine,
            parsed,
            busy_timeout_seconds=busy_timeout_seconds,
            statement_timeout_seconds=statement_timeout_seconds,
        )
        return SqliteUnits(make_engine, check, wait_seconds=busy_timeout_seconds)
    engine = postgres_engine(
        parsed,
        pool_size=pool_size,
        pool_timeout_seconds=pool_timeout_seconds,
        statement_timeout_seconds=statement_timeout_seconds,
    )
    return PostgresUnits(engine, check)


def _reading(engine: Engine, work: Work[T]) -> T:
    with engine.connect() as connection:
        return work(connection)


def _writing(engine: Engine, work: Work[T]) -> T:
    with engine.connect() as connection:
        return _transaction(connection, work)


def _end_open_transaction(connection: Connection) -> None:
    """Roll back what a failed commit left: SQLite keeps it open, SQLAlchemy takes it for ended."""
    connection.rollback()
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    if driver.in_transaction:
        driver.rollback()


def _transaction(connection: Connection, work: Work[T]) -> T:
    try:
        result = work(connection)
        connection.commit()
    except AppError as refusal:
        if refusal.keeps_changes:
            connection.commit()
        else:
            connection.rollback()
        raise
    except BaseException:
        connection.rollback()
        raise
    return result
