"""Reading one state of the database for as long as it takes, outside of any unit of work."""

from functools import partial
from typing import TypeVar

from sqlalchemy import URL, Connection

from customer_api.core.db import Work
from customer_api.core.schema import with_connection

T = TypeVar("T")


def with_snapshot(url: URL, work: Work[T]) -> T:
    """Run work that only reads; none of its statements sees what is committed meanwhile."""
    return with_connection(url, partial(_on_snapshot, work), read_only=True)


def _on_snapshot(work: Work[T], connection: Connection) -> T:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")  # readers of ours begin no transactions by themselves
        return work(connection)
    return work(connection.execution_options(isolation_level="REPEATABLE READ"))
