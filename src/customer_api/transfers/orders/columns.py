"""The columns of a file of orders. What is nested is JSON, in CSV as the text of a cell."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from customer_api.core.ids import Reference
from customer_api.jsonapi import strict_json
from customer_api.jsonapi.strict_json import JsonInvalid
from customer_api.jsonapi.validation import Violation
from customer_api.orders.models import PushOrder
from customer_api.transfers.cells import CellRefused, parse_text
from customer_api.transfers.columns import REFERENCE, Column, Columns, refusal
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row

_TEXTS: Final = {
    "order_reference": "reference",
    REFERENCE: "customerReference",
    "guest_email": "guestEmail",
    "placed_at": "placedAt",
    "currency": "currency",
    "price_mode": "priceMode",
    "state": "state",
}
_OBJECTS: Final = {
    "totals": "totals",
    "billing_address": "billingAddress",
    "shipping_address": "shippingAddress",
}
_LISTS: Final = {name: name for name in ("items", "expenses", "payments", "shipments")}
LISTS: Final = tuple(_LISTS)
COLUMNS: Final = (*_TEXTS, *_OBJECTS, *_LISTS)
_NEEDED: Final = (
    "order_reference",
    "placed_at",
    "currency",
    "price_mode",
    "state",
    "totals",
    "items",
)

_COLUMNS_BY_WIRE: Final = {
    wire: name for name, wire in (*_TEXTS.items(), *_OBJECTS.items(), *_LISTS.items())
}

CheckOrder = Callable[[Mapping[str, Any]], PushOrder | Sequence[Violation]]
"""Returns the order that attributes of the back office make, or what is wrong with them."""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """A row whose every cell is valid."""

    line: int
    order: PushOrder

    @property
    def reference(self) -> Reference | None:
        """The customer's; None for the order of a guest."""
        reference = self.order.customer_reference
        return None if reference is None else Reference(reference)

    @property
    def keys(self) -> tuple[str]:
        """What the row is known by."""
        return (self.order.reference,)


def order_columns() -> Columns:
    """Return the columns in the order in which they are written."""
    columns = [
        *(Column(name, wire, _parse_text) for name, wire in _TEXTS.items()),
        *(Column(name, wire, _parser(dict), json=dict) for name, wire in _OBJECTS.items()),
        *(Column(name, wire, _parser(list), json=list) for name, wire in _LISTS.items()),
    ]
    return Columns(
        Column(it.name, it.attribute, it.parse, json=it.json, is_needed=it.name in _NEEDED)
        for it in columns
    )


def parse_order(columns: Columns, check: CheckOrder, row: Row) -> OrderRecord | Refusal:
    """Return what a row says of an order; what it leaves out is empty."""
    values = columns.read(row)
    if isinstance(values, Refusal):
        return values
    checked = check(values)
    if isinstance(checked, PushOrder):
        return OrderRecord(row.line, checked)
    return refusal(row, map(_problem, checked))


def _problem(violation: Violation) -> str:
    """Return what is wrong by the name of the column, which whoever mends the file sees."""
    wire, dot, path = violation.field.partition(".")
    return f"{_COLUMNS_BY_WIRE[wire]}{dot}{path}: {violation.message}"


def _parse_text(cell: str) -> str | None:
    return parse_text(cell, len(cell))  # the back office's rules know how long it may be


def _parser(kind: type) -> Callable[[Any], object]:
    def parse(cell: object) -> object:
        if not isinstance(cell, str):
            return cell
        try:
            value = strict_json.parse(cell.encode()) if cell else None
        except JsonInvalid as problem:
            raise CellRefused(str(problem)) from problem
        if not isinstance(value, kind | None):
            raise CellRefused(f"not a JSON {'array' if kind is list else 'object'}")
        return value

    return parse
