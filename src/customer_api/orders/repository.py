"""Queries over orders."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.core.ids import CustomerId
from customer_api.core.keyset import CURSOR, CursorPage, KeysetList, Part
from customer_api.customers.models import CustomerRow
from customer_api.orders.models import Order, OrderHead, OrderRow

CONTENT: Final = (
    "customer_id",
    "placed_at",
    "currency",
    "price_mode",
    "state",
    "totals",
    "content",
    "billing_address",
    "shipping_address",
    "guest_email_key",
)
"""Columns that an order system sets."""

_HEAD: Final = (
    OrderRow.reference,
    CustomerRow.reference.label("customer_reference"),
    OrderRow.placed_at,
    OrderRow.currency,
    OrderRow.price_mode,
    OrderRow.state,
    OrderRow.totals,
    OrderRow.created_at,
    OrderRow.updated_at,
    OrderRow.version,
)
IS_CLOSED: Final = or_(
    OrderRow.claims_closed_at.is_not(None), CustomerRow.anonymized_at.is_not(None)
).label("is_closed")
"""Whether nobody can ever claim an order, of a statement that joins customers."""
_ONE: Final = (
    select(
        *_HEAD,
        OrderRow.customer_id,
        OrderRow.content,
        OrderRow.billing_address,
        OrderRow.shipping_address,
        OrderRow.guest_email_key,
        IS_CLOSED,
    )
    .outerjoin(CustomerRow, CustomerRow.id == OrderRow.customer_id)
    .where(OrderRow.reference == bindparam("reference"))
)
_ONE_OF_CUSTOMER: Final = _ONE.where(OrderRow.customer_id == bindparam("customer"))
_LOCKED: Final = _ONE.with_for_update(of=OrderRow)
HEADS_OF_CUSTOMER: Final = (
    select(*_HEAD)
    .join(CustomerRow, CustomerRow.id == OrderRow.customer_id)
    .where(OrderRow.customer_id == bindparam("customer"))
)
"""Selects what `to_head` reads of all orders of a customer."""
_LIST: Final = KeysetList(
    HEADS_OF_CUSTOMER,
    (OrderRow.placed_at, OrderRow.id),
    place=select(OrderRow.placed_at, OrderRow.id).where(
        OrderRow.customer_id == bindparam("customer"), OrderRow.reference == bindparam(CURSOR)
    ),
    newest_first=True,
)
_ADD: Final = {
    dialect.dialect.name: dialect.insert(OrderRow)
    .on_conflict_do_nothing()
    .returning(OrderRow.version)
    for dialect in (postgresql, sqlite)
}
_REPLACE: Final = (
    update(OrderRow)
    .where(OrderRow.reference == bindparam("of"))
    .values(
        {name: bindparam(f"new_{name}") for name in (*CONTENT, "words")}
        | {"updated_at": bindparam("now"), "version": OrderRow.version + 1}
    )
)


def find(connection: Connection, reference: str) -> Order | None:
    """Return an order."""
    row = connection.execute(_ONE, {"reference": reference}).one_or_none()
    return None if row is None else _to_order(row)


def find_of_customer(
    connection: Connection, customer_id: CustomerId, reference: str
) -> Order | None:
    """Return an order of this customer."""
    parameters = {"customer": customer_id, "reference": reference}
    row = connection.execute(_ONE_OF_CUSTOMER, parameters).one_or_none()
    return None if row is None else _to_order(row)


def lock(connection: Connection, reference: str) -> Order | None:
    """Return an order and make others wait who push it."""
    row = connection.execute(_LOCKED, {"reference": reference}).one_or_none()
    return None if row is None else _to_order(row)


def list_of_customer(
    connection: Connection, customer_id: CustomerId, page: CursorPage
) -> Part[OrderHead]:
    """Return a page of a customer's orders, the last placed first; cursors are order references.

    Raises:
        CursorUnknown: the customer has no order with the reference.
    """
    part = _LIST.read(connection, page, {"customer": customer_id})
    return Part(tuple(map(to_head, part.entries)), part.has_previous, part.has_next)


def add(
    connection: Connection, reference: str, values: Mapping[str, object], *, now: datetime
) -> bool:
    """Insert an order with the columns `CONTENT` and `words`; False when the reference is taken."""
    row = {"reference": reference, "created_at": now, "updated_at": now, "version": 1, **values}
    return connection.execute(_ADD[connection.dialect.name], row).scalar() is not None


def replace(
    connection: Connection, reference: str, values: Mapping[str, object], *, now: datetime
) -> None:
    """Set the columns `CONTENT` and `words` of a locked order."""
    parameters = {f"new_{name}": value for name, value in values.items()}
    connection.execute(_REPLACE, parameters | {"of": reference, "now": now})


def to_head(row: Row[*tuple[Any, ...]]) -> OrderHead:
    """Return the head of an order from a row that begins with the columns of one."""
    return OrderHead(*row[: len(_HEAD)])


def _to_order(row: Row[*tuple[Any, ...]]) -> Order:
    return Order(
        head=to_head(row),
        customer_id=row.customer_id,
        content=row.content,
        billing_address=row.billing_address,
        shipping_address=row.shipping_address,
        guest_email_key=row.guest_email_key,
        is_closed=row.is_closed,
    )
