"""Faults at the n-th call of the database: every statement and every commit is a place for one.

Nothing in the program knows of it: SQLAlchemy tells of each statement, and its commits are wrapped.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final
from unittest import mock

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

Act = Callable[[Any], None]
"""What happens at the chosen place; the argument is the driver's connection."""

_COMMIT: Final = DefaultDialect.do_commit


class Injected(Exception):
    """The fault of a test."""


class Injection:
    """Counts calls of the database and acts at one of them; a commit counts before and after."""

    def __init__(self, act: Act, at: int) -> None:
        self._act = act
        self._at = at
        self.calls = 0

    @property
    def was_reached(self) -> bool:
        """Whether there were enough calls for it to act."""
        return self.calls >= self._at

    def before_statement(self, connection: Connection, *_: object) -> None:
        """Count a statement; SQLAlchemy calls it."""
        self._count(connection.connection.driver_connection)

    def commit(self, dialect: DefaultDialect, connection: Any) -> None:
        """Commit, and count it twice: its answer may be lost, too."""
        self._count(connection.driver_connection)
        _COMMIT(dialect, connection)
        self._count(connection.driver_connection)

    def _count(self, driver_connection: Any) -> None:
        self.calls += 1
        if self.calls == self._at:
            self._act(driver_connection)


@contextmanager
def injected(act: Act, at: int) -> Iterator[Injection]:
    """Act at the n-th call (from 1) of any database in this block."""
    injection = Injection(act, at)

    def commit(dialect: DefaultDialect, connection: Any) -> None:
        injection.commit(dialect, connection)

    event.listen(Engine, "before_cursor_execute", injection.before_statement)
    try:
        with mock.patch.object(DefaultDialect, "do_commit", commit):
            yield injection
    finally:
        event.remove(Engine, "before_cursor_execute", injection.before_statement)


def fail(_connection: object) -> None:
    """Raise what nobody expects."""
    raise Injected


def lose_connection(connection: Any) -> None:
    """Cut an asyncpg connection, as a crashed server or a firewall does."""
    connection.terminate()


def lose_answer(connection: Any) -> None:
    """Cut an asyncpg connection so that nobody knows whether the call before was answered."""
    connection.terminate()
    raise ConnectionResetError
