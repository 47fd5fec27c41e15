"""Trying out what a change would do."""

from typing import TypeVar

from sqlalchemy import Connection

from customer_api.core.db import Work

T = TypeVar("T")


def taken_back(connection: Connection, work: Work[T]) -> T:
    """Run work inside the caller's transaction, take back all it did, and return what it returned."""
    with connection.begin_nested() as savepoint:
        result = work(connection)
        savepoint.rollback()
    return result
