"""Queries over addresses; removed ones are invisible to all of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Connection, Update, bindparam, insert, or_, select, update

from customer_api.addresses.models import Address, AddressRow
from customer_api.core.ids import AddressId, CustomerId

COLUMNS: Final = tuple(getattr(AddressRow, field.name) for field in fields(Address))
"""The columns of `Address`, in the order of its fields."""

PERSONAL_COLUMNS: Final = tuple(
    field.name for field in fields(Address) if field.name not in {"id", "uuid", "version"}
)

_OF_CUSTOMER = (
    select(*COLUMNS)
    .where(AddressRow.customer_id == bindparam("customer"), AddressRow.deleted_at.is_(None))
    .order_by(AddressRow.id)
)
_ONE = _OF_CUSTOMER.where(AddressRow.uuid == bindparam("uuid"))
_UUIDS = select(AddressRow.id, AddressRow.uuid).where(
    AddressRow.id.in_(bindparam("ids", expanding=True))
)
_SEVERAL = select(*COLUMNS).where(
    AddressRow.uuid.in_(bindparam("uuids", expanding=True)), AddressRow.deleted_at.is_(None)
)
_ADD = insert(AddressRow).returning(*COLUMNS)
_REMOVE = (
    update(AddressRow)
    .where(
        AddressRow.customer_id == bindparam("customer"),
        AddressRow.uuid == bindparam("of"),
        AddressRow.deleted_at.is_(None),
    )
    .values(deleted_at=bindparam("now"), updated_at=bindparam("now"))
)
_ERASE = (
    update(AddressRow)
    .where(
        AddressRow.customer_id == bindparam("customer"),
        or_(*(getattr(AddressRow, name).is_not(None) for name in PERSONAL_COLUMNS)),
    )
    .values(
        dict.fromkeys(PERSONAL_COLUMNS)
        | {"deleted_at": bindparam("now"), "updated_at": bindparam("now")}
    )
)


def list_of_customer(connection: Connection, customer_id: CustomerId) -> tuple[Address, ...]:
    """Return the whole book in the order of creation."""
    rows = connection.execute(_OF_CUSTOMER, {"customer": customer_id})
    return tuple(to_address(row) for row in rows)


def find(connection: Connection, customer_id: CustomerId, uuid: str) -> Address | None:
    """Return one address of this customer."""
    row = connection.execute(_ONE, {"customer": customer_id, "uuid": uuid}).one_or_none()
    return None if row is None else to_address(row)


def find_uuids(connection: Connection, ids: Sequence[AddressId]) -> dict[AddressId | None, str]:
    """Return the public ids of addresses by internal id; none is fine."""
    rows = connection.execute(_UUIDS, {"ids": ids}).all() if ids else ()
    return {row.id: row.uuid for row in rows}


def find_several(connection: Connection, uuids: Collection[str]) -> dict[str, Address]:
    """Return addresses of any customers by uuid; none is fine."""
    rows = connection.execute(_SEVERAL, {"uuids": sorted(uuids)}).all() if uuids else ()
    return {address.uuid: address for address in map(to_address, rows)}


def add(
    connection: Connection,
    customer_id: CustomerId,
    values: Mapping[str, object],
    *,
    uuid: str,
    now: datetime,
) -> Address:
    """Insert an address; `values` are column names to values, absent ones become NULL."""
    row = dict.fromkeys(PERSONAL_COLUMNS) | dict(values)
    row |= {"uuid": uuid, "customer_id": customer_id, "created_at": now, "updated_at": now}
    row |= {"version": 1}
    return to_address(connection.execute(_ADD, row).one())


def change(
    connection: Connection,
    customer_id: CustomerId,
    uuid: str,
    *,
    changes: Mapping[str, object],
    now: datetime,
) -> Address:
    """Set columns of one address that the customer has, and return it."""
    parameters = {f"new_{name}": value for name, value in changes.items()}
    row = connection.execute(
        _change_statement(tuple(sorted(changes))),
        parameters | {"customer": customer_id, "of": uuid, "now": now},
    ).one()
    return to_address(row)


def remove(connection: Connection, customer_id: CustomerId, uuid: str, *, now: datetime) -> None:
    """Hide one address of the customer."""
    connection.execute(_REMOVE, {"customer": customer_id, "of": uuid, "now": now})


def erase_of_customer(connection: Connection, customer_id: CustomerId, *, now: datetime) -> int:
    """Empty and hide all addresses, removed ones too; returns how many were not empty before."""
    return connection.execute(_ERASE, {"customer": customer_id, "now": now}).rowcount


@cache
def _change_statement(names: tuple[str, ...]) -> Update:
    return (
        update(AddressRow)
        .where(
            AddressRow.customer_id == bindparam("customer"),
            AddressRow.uuid == bindparam("of"),
            AddressRow.deleted_at.is_(None),
        )
        .values(
            {name: bindparam(f"new_{name}") for name in names}
            | {"updated_at": bindparam("now"), "version": AddressRow.version + 1}
        )
        .returning(*COLUMNS)
    )


def to_address(row: Sequence[Any]) -> Address:
    """Return the address of a row whose first columns are `COLUMNS`."""
    return Address(*row[: len(COLUMNS)])
