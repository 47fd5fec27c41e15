"""The table of orders, and what is read of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, ForeignKey, Identity, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.ids import CustomerId
from customer_api.core.privacy import kept, personal
from customer_api.core.types import BigKey, UtcDateTime
from customer_api.customers.emails import EMAIL_LENGTH

REFERENCE_LENGTH: Final = 64
REFERENCE: Final = r"^(?!\.{1,2}$)(?!\s+$)[^\x00-\x1f\x7f/\ufffd]{1,64}$"
"""What can stand in a path: no slash, no control character, not blank, and neither of the steps . and ..

U+FFFD stands for bytes of a path that are not UTF-8: references in another encoding would be mixed up.
"""
STATE_LENGTH: Final = 50
MOST_ITEMS: Final = 500
LARGEST_QUANTITY: Final = 10**6
"""Of one item."""
PRICE_MODES: Final = ("GROSS_MODE", "NET_MODE")

_IS_CLAIMABLE: Final = text("guest_email_key IS NOT NULL")
_BOOKS: Final = "the books of the shop, which the law makes it keep"

Part = Mapping[str, Any]
"""A JSON object, its members by their names on the wire, in a fixed order; amounts are integers of
the currency's minor unit."""


class OrderRow(Base):
    """An order. The order system owns it; erasure leaves it, since it is part of the shop's books."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("uq_orders_reference", "reference", unique=True),
        Index("ix_orders_customer_id_placed_at_id", "customer_id", "placed_at", "id"),
        *(
            Index(
                f"ix_orders_guests_{name}",
                name,
                postgresql_where=_IS_CLAIMABLE,
                sqlite_where=_IS_CLAIMABLE,
            )
            for name in ("guest_email_key", "placed_at")
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_BOOKS))
    reference: Mapped[str] = mapped_column(String(REFERENCE_LENGTH), info=kept(_BOOKS))
    customer_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the emptied customer")
    )
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_BOOKS))
    currency: Mapped[str] = mapped_column(String(3), info=kept(_BOOKS))
    price_mode: Mapped[str] = mapped_column(String(20), info=kept(_BOOKS))
    state: Mapped[str] = mapped_column(String(STATE_LENGTH), info=kept(_BOOKS))
    totals: Mapped[dict[str, Any]] = mapped_column(JSON, info=kept(_BOOKS))
    content: Mapped[dict[str, Any]] = mapped_column(JSON, info=kept(_BOOKS))
    billing_address: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), info=kept(_BOOKS)
    )
    shipping_address: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True), info=kept(_BOOKS)
    )
    guest_email_key: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH), info=personal())
    """Whose mailbox it takes to claim the order of a guest; NULL when nobody can claim it."""
    claims_closed_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept("keeps an order from being claimed again; no person in it")
    )
    """When the order was claimed, or its guest's address forgotten: no push brings that back."""
    words: Mapped[str] = mapped_column(Text, info=kept("what was bought, for searches in orders"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("age of the row"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("age of the row"))
    version: Mapped[int] = mapped_column(Integer, info=kept("counts changes"))


class Outcome(StrEnum):
    """What became of an order that was pushed."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class OrderHead:
    """What lists show of an order. Times are UTC."""

    reference: str
    customer_reference: str | None
    """None for the order of a guest."""
    placed_at: datetime
    currency: str
    """ISO 4217."""
    price_mode: str
    state: str
    totals: Part
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def etag_state(self) -> str:
        """Name of the state: another one whenever the order system pushed another content."""
        return str(self.version)


@dataclass(frozen=True, slots=True)
class Order:
    """A whole order."""

    head: OrderHead
    customer_id: CustomerId | None
    content: Mapping[str, Sequence[Part]]
    """Lists by `items`, `expenses`, `payments` and `shipments`."""
    billing_address: Part | None
    """A copy, as it was when the order was placed."""
    shipping_address: Part | None
    guest_email_key: str | None
    """By which a guest can claim it; None when nobody can."""
    is_closed: bool
    """Whether nobody can ever claim it: it was claimed, or the customer or guest was forgotten."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """An order as it is after a push."""

    order: Order
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class PushOrder:
    """Command: the whole content of an order; what was there before is replaced."""

    reference: str
    customer_reference: str | None
    guest_email: str | None
    """Address of a guest; it does not count where there is a customer."""
    placed_at: datetime
    currency: str
    price_mode: str
    state: str
    totals: Part
    content: Mapping[str, Sequence[Part]]
    """As `Order` has it."""
    billing_address: Part | None
    shipping_address: Part | None
