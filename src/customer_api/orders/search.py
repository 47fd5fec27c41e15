"""Finding orders in a customer's history: conditions, sorting and pages.

Every statement selects by the customer first, whose orders an index has; the other conditions are
looked at in those rows alone, so no order of anybody else is ever touched.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, cast, func, select

from customer_api.core.ids import CustomerId
from customer_api.orders.content import folded
from customer_api.orders.models import OrderHead, OrderRow
from customer_api.orders.repository import HEADS_OF_CUSTOMER, to_head

LONGEST_TEXT: Final = 5000
"""Characters of a folded text. No name is longer, and SQLite refuses patterns of 50,000 bytes."""

_ESCAPE: Final = "\\"


class Sort(StrEnum):
    """By what a history can be sorted."""

    PLACED_AT = "createdAt"
    REFERENCE = "orderReference"
    GRAND_TOTAL = "grandTotal"


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """Which orders are wanted, and in which order; None is no condition."""

    text: str | None = None
    """A piece of a reference, or of a name or an SKU of an item; neither case nor width matters."""
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    """The first moment that is too late."""
    state: str | None = None
    sort: Sort = Sort.PLACED_AT
    is_descending: bool = True


@dataclass(frozen=True, slots=True)
class FoundOrders:
    """A page of what was found, and how many there are of it."""

    entries: tuple[OrderHead, ...]
    total: int


_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "text": OrderRow.words.like(bindparam("text"), escape=_ESCAPE),
    "placed_from": OrderRow.placed_at >= bindparam("placed_from"),
    "placed_before": OrderRow.placed_at < bindparam("placed_before"),
    "state": OrderRow.state == bindparam("state"),
}
_SORT_KEYS: Final[Mapping[Sort, tuple[ColumnElement[Any], ...]]] = {
    Sort.PLACED_AT: (OrderRow.placed_at.expression, OrderRow.id.expression),
    # Not the column itself: its index would lead through the orders of everybody.
    Sort.REFERENCE: (OrderRow.reference.concat(""),),
    Sort.GRAND_TOTAL: (
        cast(OrderRow.totals["grandTotal"].as_string(), BigInteger),
        OrderRow.id.expression,
    ),
}


def find_page(
    connection: Connection, customer_id: CustomerId, search: OrderSearch, *, offset: int, limit: int
) -> FoundOrders:
    """Return a part of what is found of a customer's orders; equal ones are sorted by their age."""
    if search.text is not None and len(folded(search.text)) > LONGEST_TEXT:
        return FoundOrders((), 0)
    wanted = _wanted(search)
    parameters = {**wanted, "customer": customer_id}
    statement = _page_statement(tuple(wanted), search.sort, search.is_descending)
    rows = connection.execute(statement, parameters | {"offset": offset, "limit": limit}).all()
    entries = tuple(map(to_head, rows))
    if len(entries) < limit and (entries or offset == 0):  # the end is in sight
        return FoundOrders(entries, offset + len(entries))
    total = connection.execute(_count_statement(tuple(wanted)), parameters).scalar_one()
    return FoundOrders(entries, total)


def _wanted(search: OrderSearch) -> dict[str, object]:
    """Return the conditions by name, with their values."""
    values = {name: getattr(search, name) for name in _CONDITIONS}
    if search.text is not None:
        values["text"] = f"%{_escaped(folded(search.text))}%"
    return {name: value for name, value in values.items() if value is not None}


def _escaped(text: str) -> str:
    for character in (_ESCAPE, "%", "_"):
        text = text.replace(character, _ESCAPE + character)
    return text


@cache
def _page_statement(
    names: tuple[str, ...],
    sort: Sort,
    is_descending: bool,  # noqa: FBT001 - a key of the cache
) -> Select[*tuple[Any, ...]]:
    keys = _SORT_KEYS[sort]
    return (
        HEADS_OF_CUSTOMER.where(*(_CONDITIONS[name] for name in names))
        .order_by(*(key.desc() if is_descending else key.asc() for key in keys))
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )


@cache
def _count_statement(names: tuple[str, ...]) -> Select[int]:
    wanted = (_CONDITIONS[name] for name in names)
    return (
        select(func.count())
        .select_from(OrderRow)
        .where(OrderRow.customer_id == bindparam("customer"), *wanted)
    )
