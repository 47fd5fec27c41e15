"""Statements over whole batches of addresses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Select, Update, bindparam, insert, select, update
from sqlalchemy.orm import aliased

from customer_api.addresses.models import AddressRow
from customer_api.core.ids import AddressId, CustomerId
from customer_api.customers.models import CustomerRow
from customer_api.transfers.addresses.columns import FIELDS
from customer_api.transfers.owners import Owner

Roles = tuple[str | None, str | None]
"""Uuids of the addresses that are the defaults for billing and for shipping."""

_BILLING: Final = aliased(AddressRow)
_SHIPPING: Final = aliased(AddressRow)
_DEFAULTS: Final = (
    select(CustomerRow.id, _BILLING.uuid, _SHIPPING.uuid)
    .outerjoin(_BILLING, _BILLING.id == CustomerRow.default_billing_address_id)
    .outerjoin(_SHIPPING, _SHIPPING.id == CustomerRow.default_shipping_address_id)
    .where(CustomerRow.id.in_(bindparam("ids", expanding=True)))
)


def _stored() -> Select[*tuple[Any, ...]]:
    row = AddressRow
    columns = (getattr(row, name) for name in FIELDS)
    return select(row.id, row.uuid, row.customer_id, row.deleted_at, *columns).order_by(row.id)


_BY_UUID: Final = _stored().where(AddressRow.uuid.in_(bindparam("uuids", expanding=True)))
_OF_OWNERS: Final = _stored().where(AddressRow.customer_id.in_(bindparam("ids", expanding=True)))
_IDS: Final = select(AddressRow.uuid, AddressRow.id).where(
    AddressRow.uuid.in_(bindparam("uuids", expanding=True))
)
_ADD: Final = insert(AddressRow)
_SET_DEFAULTS: Final = (
    update(CustomerRow)
    .where(CustomerRow.id == bindparam("customer"))
    .values(
        default_billing_address_id=bindparam("billing"),
        default_shipping_address_id=bindparam("shipping"),
        version=CustomerRow.version + 1,
    )
)


@dataclass(frozen=True, slots=True)
class StoredAddress:
    """An address as the database has it, removed ones included."""

    id: AddressId
    uuid: str
    owner: CustomerId
    is_removed: bool
    values: Mapping[str, object]
    """`FIELDS` by name."""


@dataclass(frozen=True, slots=True)
class NewAddress:
    """An address to insert."""

    uuid: str
    owner: CustomerId
    values: Mapping[str, object]


def find_roles(connection: Connection, owners: Iterable[Owner]) -> dict[CustomerId, Roles]:
    """Return the default addresses of customers."""
    rows = connection.execute(_DEFAULTS, {"ids": [owner.id for owner in owners]})
    return {CustomerId(row[0]): (row[1], row[2]) for row in rows}


def find_by_uuid(connection: Connection, uuids: Sequence[str]) -> list[StoredAddress]:
    """Return the addresses with these uuids, whoever's they are; none is fine."""
    if not uuids:
        return []
    return [_to_stored(row) for row in connection.execute(_BY_UUID, {"uuids": uuids})]


def list_of_owners(connection: Connection, owners: Sequence[CustomerId]) -> list[StoredAddress]:
    """Return all addresses of customers in the order of creation; none is fine."""
    if not owners:
        return []
    return [_to_stored(row) for row in connection.execute(_OF_OWNERS, {"ids": owners})]


def add(connection: Connection, new: Iterable[NewAddress], *, now: datetime) -> None:
    """Insert addresses; none is fine.

    Raises:
        IntegrityError: a uuid was taken since the batch was looked up.
    """
    nothing = dict.fromkeys(FIELDS)
    values = [
        {
            **nothing,
            **address.values,
            "uuid": address.uuid,
            "customer_id": address.owner,
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }
        for address in new
    ]
    if values:
        connection.execute(_ADD, values)


def change(
    connection: Connection, changed: Mapping[AddressId, Mapping[str, object]], *, now: datetime
) -> None:
    """Set columns of addresses; none is fine."""
    for names, group in groupby(changed.items(), key=lambda it: tuple(it[1])):
        values = [
            {f"new_{name}": fields[name] for name in names} | {"address": address_id, "now": now}
            for address_id, fields in group
        ]
        connection.execute(_change_statement(names), values)


def set_defaults(connection: Connection, roles: Mapping[CustomerId, Roles]) -> None:
    """Point customers at their default addresses, which exist; none is fine."""
    uuids = [uuid for pair in roles.values() for uuid in pair if uuid is not None]
    rows = connection.execute(_IDS, {"uuids": uuids}) if uuids else ()
    ids: dict[str | None, int] = {row.uuid: row.id for row in rows}
    values = [
        {"customer": owner, "billing": ids.get(billing), "shipping": ids.get(shipping)}
        for owner, (billing, shipping) in roles.items()
    ]
    if values:
        connection.execute(_SET_DEFAULTS, values)


@cache
def _change_statement(names: tuple[str, ...]) -> Update:
    return (
        update(AddressRow)
        .where(AddressRow.id == bindparam("address"))
        .values(
            {name: bindparam(f"new_{name}") for name in names}
            | {"updated_at": bindparam("now"), "version": AddressRow.version + 1}
        )
    )


def _to_stored(row: Any) -> StoredAddress:  # noqa: ANN401 - a row of `_stored`
    return StoredAddress(
        id=AddressId(row.id),
        uuid=row.uuid,
        owner=CustomerId(row.customer_id),
        is_removed=row.deleted_at is not None,
        values={name: getattr(row, name) for name in FIELDS},
    )
