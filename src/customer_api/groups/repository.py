"""Queries over groups."""

from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.core.ids import CustomerId
from customer_api.core.keyset import CURSOR, CursorPage, KeysetList, Part
from customer_api.core.labels import label_key
from customer_api.groups.models import Group, GroupId, GroupRow, MemberRow

_COLUMNS: Final = tuple(getattr(GroupRow, field.name) for field in fields(Group))

_ALL: Final = select(*_COLUMNS)
_BY_UUID: Final = _ALL.where(GroupRow.uuid == bindparam("uuid"))
_LOCKED: Final = _BY_UUID.with_for_update()
_STAYING: Final = _BY_UUID.with_for_update(read=True, key_share=True)
_LIST: Final = KeysetList(
    _ALL,
    (GroupRow.name_key,),
    place=select(GroupRow.name_key).where(GroupRow.uuid == bindparam(CURSOR)),
    newest_first=False,
)
_OF_CUSTOMER: Final = (
    _ALL.join(MemberRow, MemberRow.group_id == GroupRow.id)
    .where(MemberRow.customer_id == bindparam("customer"))
    .order_by(GroupRow.name_key)
)
_IS_TAKEN: Final = select(GroupRow.id).where(
    GroupRow.name_key == bindparam("key"), GroupRow.id != bindparam("but")
)
_ADD: Final = {
    dialect.dialect.name: dialect.insert(GroupRow).on_conflict_do_nothing().returning(*_COLUMNS)
    for dialect in (postgresql, sqlite)
}
_CHANGE: Final = (
    update(GroupRow)
    .where(GroupRow.id == bindparam("group"))
    .values(
        name=bindparam("new_name"),
        name_key=bindparam("new_key"),
        description=bindparam("new_description"),
        updated_at=bindparam("now"),
        version=GroupRow.version + 1,
    )
    .returning(*_COLUMNS)
)
_REMOVE: Final = delete(GroupRow).where(GroupRow.id == bindparam("group"))
_EMPTY: Final = delete(MemberRow).where(MemberRow.group_id == bindparam("group"))
_LEAVE_ALL: Final = delete(MemberRow).where(MemberRow.customer_id == bindparam("customer"))


def list_page(connection: Connection, page: CursorPage) -> Part[Group]:
    """Return a page of all groups by name; cursors are uuids.

    Raises:
        CursorUnknown: no group has the uuid.
    """
    part = _LIST.read(connection, page, {})
    return Part(tuple(map(_to_group, part.entries)), part.has_previous, part.has_next)


def list_of_customer(connection: Connection, customer_id: CustomerId) -> tuple[Group, ...]:
    """Return the groups that a customer is in, by name."""
    return tuple(map(_to_group, connection.execute(_OF_CUSTOMER, {"customer": customer_id})))


def find(connection: Connection, uuid: str) -> Group | None:
    """Return a group."""
    row = connection.execute(_BY_UUID, {"uuid": uuid}).one_or_none()
    return None if row is None else _to_group(row)


def lock(connection: Connection, uuid: str) -> Group | None:
    """Return a group and make everybody wait who changes it or its members."""
    row = connection.execute(_LOCKED, {"uuid": uuid}).one_or_none()
    return None if row is None else _to_group(row)


def hold(connection: Connection, uuid: str) -> Group | None:
    """Return a group that nobody removes before this transaction ends."""
    row = connection.execute(_STAYING, {"uuid": uuid}).one_or_none()
    return None if row is None else _to_group(row)


def add(
    connection: Connection, name: str, description: str | None, *, uuid: str, now: datetime
) -> Group | None:
    """Insert a group; None when the name is taken."""
    values = {
        "uuid": uuid,
        "name": name,
        "name_key": label_key(name),
        "description": description,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    row = connection.execute(_ADD[connection.dialect.name], values).one_or_none()
    return None if row is None else _to_group(row)


def is_taken(connection: Connection, name: str, *, but_by: GroupId) -> bool:
    """Return whether another group has the name."""
    taken = {"key": label_key(name), "but": but_by}
    return connection.execute(_IS_TAKEN, taken).scalar() is not None


def change(
    connection: Connection, group_id: GroupId, name: str, description: str | None, *, now: datetime
) -> Group:
    """Set name and description, and return the group as it is now.

    Raises:
        sqlalchemy.exc.IntegrityError: the name was given to another group at the same time.
    """
    values = {
        "group": group_id,
        "new_name": name,
        "new_key": label_key(name),
        "new_description": description,
        "now": now,
    }
    return _to_group(connection.execute(_CHANGE, values).one())


def remove(connection: Connection, group_id: GroupId) -> None:
    """Delete a group and all memberships in it."""
    connection.execute(_EMPTY, {"group": group_id})
    connection.execute(_REMOVE, {"group": group_id})


def remove_from_all(connection: Connection, customer_id: CustomerId) -> int:
    """Delete the memberships of a customer; returns how many there were."""
    return connection.execute(_LEAVE_ALL, {"customer": customer_id}).rowcount


def _to_group(row: Row[*tuple[Any, ...]]) -> Group:
    return Group(*row)
