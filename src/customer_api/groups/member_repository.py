"""Queries over the members of groups."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from customer_api.core.ids import CustomerId
from customer_api.core.keyset import CURSOR, CursorPage, KeysetList, Part
from customer_api.customers.models import CustomerRow
from customer_api.groups.models import GroupId, Member, MemberRow

_OF_GROUP: Final = (
    select(CustomerRow.reference, MemberRow.added_at)
    .join(CustomerRow, CustomerRow.id == MemberRow.customer_id)
    .where(MemberRow.group_id == bindparam("group"))
)
_LIST: Final = KeysetList(
    _OF_GROUP,
    (MemberRow.customer_id,),
    place=select(CustomerRow.id).where(CustomerRow.reference == bindparam(CURSOR)),
    newest_first=False,
)
_AMONG: Final = select(MemberRow.customer_id).where(
    MemberRow.group_id == bindparam("group"),
    MemberRow.customer_id.in_(bindparam("customers", expanding=True)),
)
_ADD: Final = insert(MemberRow)
_REMOVE: Final = delete(MemberRow).where(
    MemberRow.group_id == bindparam("group"),
    MemberRow.customer_id.in_(bindparam("customers", expanding=True)),
)


def list_page(connection: Connection, group_id: GroupId, page: CursorPage) -> Part[Member]:
    """Return a page of the members, who registered first comes first; cursors are references.

    A page can begin behind a customer who is no member any more.

    Raises:
        CursorUnknown: no customer has the reference.
    """
    part = _LIST.read(connection, page, {"group": group_id})
    members = tuple(Member(row.reference, row.added_at) for row in part.entries)
    return Part(members, part.has_previous, part.has_next)


def find_among(
    connection: Connection, group_id: GroupId, customers: Collection[CustomerId]
) -> frozenset[CustomerId]:
    """Return which of the customers are members."""
    parameters = {"group": group_id, "customers": list(customers)}
    return frozenset(map(CustomerId, connection.execute(_AMONG, parameters).scalars()))


def add(
    connection: Connection, group_id: GroupId, customers: Collection[CustomerId], *, now: datetime
) -> None:
    """Make customers members who are locked and none yet; nobody is fine."""
    rows = [{"group_id": group_id, "customer_id": it, "added_at": now} for it in customers]
    if rows:
        connection.execute(_ADD, rows)


def remove(connection: Connection, group_id: GroupId, customers: Collection[CustomerId]) -> None:
    """Delete the memberships of customers."""
    connection.execute(_REMOVE, {"group": group_id, "customers": list(customers)})
