"""Ordering again what an order has; the cart service is told by an event."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.customers.models import Session, Units
from customer_api.events import recording
from customer_api.events.models import EventType
from customer_api.orders.history import get_own
from customer_api.orders.models import LARGEST_QUANTITY, Order


class Reason(StrEnum):
    """Why a line is refused."""

    ITEM_UNKNOWN = "item_unknown"
    """The order has no item with this SKU."""
    QUANTITY_INVALID = "quantity_invalid"
    """The quantity is no whole number from 1 to `LARGEST_QUANTITY`."""
    REPEATED = "repeated"
    """A line before has the same SKU."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is wanted again."""

    sku: str | None
    """None when the line names none."""
    quantity: int | None
    """None when the line has no whole number."""


@dataclass(frozen=True, slots=True)
class AcceptedLine:
    """What is told to the cart service."""

    sku: str
    name: str
    """As it was when it was ordered."""
    quantity: int


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """What is not."""

    place: int
    """Of the line among those that are wanted, from 0."""
    sku: str | None
    reason: Reason


@dataclass(frozen=True, slots=True)
class Reordered:
    """What became of the lines of a reorder, each part in their order."""

    accepted: tuple[AcceptedLine, ...]
    refused: tuple[RefusedLine, ...]


class Reorders:
    """Orders items again. Whether they can still be bought is the cart's business."""

    def __init__(self, *, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def reorder(
        self,
        claims: Claims,
        order_reference: str,
        wanted: Sequence[Line] | None,
        *,
        keep: Keep[Reordered] = keep_nothing,
    ) -> Reordered:
        """Sort lines into accepted and refused ones; None wants all items of the order.

        What is accepted goes to the cart service, as an event of the same transaction; without any
        there is none. `keep` is given the result inside its transaction.

        Raises:
            OrderUnknown: none of the caller's orders has this reference.
        """

        def work(connection: Connection, session: Session) -> Reordered:
            order = get_own(connection, session, order_reference)
            names = {item["sku"]: item["name"] for item in order.content["items"]}
            lines = _whole(order) if wanted is None else wanted
            reordered = _sorted(lines, names)
            if reordered.accepted:
                recording.record(
                    connection,
                    EventType.ORDER_REORDERED,
                    session.customer.reference,
                    now=self._clock.now(),
                    data=_told(order, reordered),
                )
            return reordered

        return await self._units.write_as(claims, work, keep)


def _whole(order: Order) -> list[Line]:
    """Return a line for each SKU; an order can have the same one in several items."""
    quantities: dict[str, int] = {}
    for item in order.content["items"]:
        quantities[item["sku"]] = quantities.get(item["sku"], 0) + item["quantity"]
    return [Line(sku, quantity) for sku, quantity in quantities.items()]


def _sorted(lines: Iterable[Line], names: dict[str, str]) -> Reordered:
    accepted: dict[str, AcceptedLine] = {}
    refused: list[RefusedLine] = []
    for place, line in enumerate(lines):
        sku, quantity = line.sku, line.quantity
        if sku is None or sku not in names:
            refused.append(RefusedLine(place, sku, Reason.ITEM_UNKNOWN))
        elif quantity is None or not 1 <= quantity <= LARGEST_QUANTITY:
            refused.append(RefusedLine(place, sku, Reason.QUANTITY_INVALID))
        elif sku in accepted:
            refused.append(RefusedLine(place, sku, Reason.REPEATED))
        else:
            accepted[sku] = AcceptedLine(sku, names[sku], quantity)
    return Reordered(tuple(accepted.values()), tuple(refused))


def _told(order: Order, reordered: Reordered) -> dict[str, object]:
    items = [{"sku": it.sku, "quantity": it.quantity} for it in reordered.accepted]
    return {"orderReference": order.head.reference, "items": items}
