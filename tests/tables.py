"""Looking at the database behind a shop."""

import asyncio
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from customer_api.core.db import Base
from tests.shop import Shop


async def rows(shop: Shop, row_class: type[Base]) -> Sequence[Row[Any]]:
    """Return all rows of a table in the order of its primary key."""
    table = row_class.__table__
    assert isinstance(table, Table)
    statement = select(table).order_by(*table.primary_key)
    return await shop.container.units.read(lambda connection: connection.execute(statement).all())


async def every_row(shop: Shop) -> list[tuple[Table, dict[str, Any]]]:
    """Return the rows of all tables, column name to value, each with its table."""
    return await shop.container.units.read(
        lambda connection: [
            (table, dict(row))
            for table in Base.metadata.sorted_tables
            for row in connection.execute(select(table)).mappings()
        ]
    )


async def connect(shop: Shop, connections: int = 10) -> None:
    """Open connections before a race, else the first racer is through before the others arrive."""
    await asyncio.gather(*(shop.container.units.read(_linger) for _ in range(connections)))


def _linger(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_sleep(0.05)))
