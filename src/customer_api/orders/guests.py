"""Queries over orders of guests, who are known by their address alone.

Orders are locked by their references, in the order in which pushes lock them.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, exists, select, update

from customer_api.core.ids import CustomerId
from customer_api.customers.models import Customer, CustomerRow
from customer_api.orders.models import OrderRow

# Not the column itself: its index would lead through the orders of everybody.
_BY_REFERENCE: Final = OrderRow.reference.concat("")
_OF_GUEST: Final = (
    select(OrderRow.id, OrderRow.reference)
    .where(OrderRow.guest_email_key == bindparam("key"))
    .order_by(_BY_REFERENCE)
    .limit(bindparam("most"))
    .with_for_update()
)
_OF_REGISTERED: Final = (
    select(OrderRow.id)
    .where(
        OrderRow.guest_email_key.in_(bindparam("keys", expanding=True)),
        exists().where(
            CustomerRow.id == bindparam("customer"), CustomerRow.registered_at.is_not(None)
        ),
    )
    .order_by(_BY_REFERENCE)
    .with_for_update(of=OrderRow)
)
_OLD: Final = (
    select(OrderRow.id)
    .where(OrderRow.guest_email_key.is_not(None), OrderRow.placed_at < bindparam("before"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_THESE: Final = update(OrderRow).where(OrderRow.id.in_(bindparam("ids", expanding=True)))
_FORGET: Final = _THESE.values(guest_email_key=None, claims_closed_at=bindparam("now"))
_CLAIM: Final = _THESE.values(
    customer_id=bindparam("customer"),
    guest_email_key=None,
    claims_closed_at=bindparam("now"),
    updated_at=bindparam("now"),
    version=OrderRow.version + 1,
)


def claim(
    connection: Connection, customer: Customer, *, most: int, now: datetime
) -> tuple[str, ...]:
    """Make orders of guests with the address of a locked customer theirs; return their references.

    At most so many, the first ones by reference.
    """
    rows = connection.execute(_OF_GUEST, {"key": customer.email_key, "most": most}).all()
    if rows:
        ids = [row.id for row in rows]
        connection.execute(_CLAIM, {"ids": ids, "customer": customer.id, "now": now})
    return tuple(row.reference for row in rows)


def forget(
    connection: Connection, keys: Collection[str], *, registered: CustomerId, now: datetime
) -> int:
    """Forget addresses of a customer, if registered, and return how many orders had them.

    A registration that nobody confirmed says nothing of whose address it is.
    """
    rows = connection.execute(_OF_REGISTERED, {"keys": sorted(keys), "customer": registered}).all()
    return _forget(connection, [row.id for row in rows], now)


def purge(connection: Connection, before: datetime, limit: int, *, now: datetime) -> int:
    """Forget the addresses of orders placed before a moment; return of how many."""
    rows = connection.execute(_OLD, {"before": before, "most": limit}).all()
    return _forget(connection, [row.id for row in rows], now)


def _forget(connection: Connection, ids: list[int], now: datetime) -> int:
    if ids:
        connection.execute(_FORGET, {"ids": ids, "now": now})
    return len(ids)
