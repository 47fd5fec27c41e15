"""The threads on which units of work use an SQLite file, and the bounded queue in front of them."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from customer_api.core.db_errors import translated
from customer_api.core.errors import DatabaseUnavailable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Failed:
    """What a function raised on its thread.

    A future that failed would throw it into the coroutine that waits, which Python 3.11 does not tell
    debuggers and other tracers.
    """

    error: Exception


class SqliteThreads:
    """Threads that each keep one connection open.

    Args:
        engine: makes the connections.
        threads: how many there are at the most.
        wait_seconds: longest wait for one of them.
        clean: leaves a connection as the next function needs it, whatever the last one did.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        threads: int,
        wait_seconds: float,
        clean: Callable[[Connection], None],
    ) -> None:
        self._engine = engine
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="sqlite")
        self._wait_seconds = wait_seconds
        self._clean = clean
        self._local = threading.local()
        self._opened: list[Connection] = []

    async def run(self, function: Callable[[Connection], T]) -> T:
        """Run the function on the next free thread, with that thread's connection.

        Raises:
            DatabaseUnavailable: no thread came free in time, and the function will never run; or
                what the database refuses to do now.
        """
        loop = asyncio.get_running_loop()
        future = self._executor.submit(self._on_thread, function)
        has_given_up = False

        def give_up() -> None:
            nonlocal has_given_up
            has_given_up = future.cancel()  # not if it has begun to run

        timer = loop.call_later(self._wait_seconds, give_up)
        try:
            outcome = await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            if has_given_up:
                raise DatabaseUnavailable from None
            raise
        finally:
            timer.cancel()
        if not isinstance(outcome, Failed):
            return outcome
        if isinstance(outcome.error, DBAPIError):
            raise translated(outcome.error) from outcome.error
        raise outcome.error

    def close(self) -> None:
        """Finish what is running or waiting and close the connections."""
        self._executor.shutdown(wait=True)
        for connection in self._opened:
            connection.close()
        self._engine.dispose()

    def _on_thread(self, function: Callable[[Connection], T]) -> T | Failed:
        try:
            connection = self._connection()
            try:
                return function(connection)
            finally:
                self._clean(connection)
        except Exception as error:  # noqa: BLE001 - raised where it is awaited
            return Failed(error)

    def _connection(self) -> Connection:
        """Return the connection of this thread."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._engine.connect()
            self._opened.append(connection)
        return connection
