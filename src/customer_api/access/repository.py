"""Queries over what is hidden from guests."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.access.models import CustomerAccessRow, HiddenTypes

_ONLY: Final = 1

_ROW: Final = select(CustomerAccessRow.resource_types, CustomerAccessRow.version).where(
    CustomerAccessRow.id == _ONLY
)
_LOCKED: Final = _ROW.with_for_update()
_ADD: Final = {
    dialect.dialect.name: dialect.insert(CustomerAccessRow).on_conflict_do_nothing()
    for dialect in (postgresql, sqlite)
}
_CHANGE: Final = (
    update(CustomerAccessRow)
    .where(CustomerAccessRow.id == _ONLY)
    .values(
        resource_types=bindparam("new_types"),
        updated_at=bindparam("now"),
        version=CustomerAccessRow.version + 1,
    )
)


def find(connection: Connection) -> HiddenTypes | None:
    """Return what somebody has set; None when nobody has."""
    row = connection.execute(_ROW).one_or_none()
    return None if row is None else HiddenTypes(tuple(row.resource_types), row.version)


def lock(connection: Connection, default: Sequence[str], *, now: datetime) -> HiddenTypes:
    """Return what is set, the default at first, and make others wait who edit it."""
    values = {"id": _ONLY, "resource_types": list(default), "updated_at": now, "version": 0}
    connection.execute(_ADD[connection.dialect.name], values)
    row = connection.execute(_LOCKED).one()
    return HiddenTypes(tuple(row.resource_types), row.version)


def change(connection: Connection, resource_types: Sequence[str], *, now: datetime) -> None:
    """Set what is hidden, under the lock."""
    connection.execute(_CHANGE, {"new_types": list(resource_types), "now": now})
