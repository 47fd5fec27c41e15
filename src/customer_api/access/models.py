"""The table of what is hidden from guests, and what is read of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import JSON, Integer
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept
from customer_api.core.types import UtcDateTime

HIDEABLE: Final = (
    "stores",
    "customers",
    "addresses",
    "overview",
    "personal-data",
    "customer-password",
    "sessions",
    "customer-access",
    "orders",
    "reorders",
    "order-claims",
    "wishlists",
    "wishlist-items",
    "shopping-lists",
    "shopping-list-items",
    "newsletter-types",
    "newsletter-subscriptions",
)
"""What can be hidden. All else guests need to log in, to confirm, or to get back what is theirs."""

_SHOP: Final = "about the shop, not a customer"


class CustomerAccessRow(Base):
    """What is hidden, in the one row of the table; none until somebody edits it."""

    __tablename__ = "customer_access"

    id: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, info=kept(_SHOP)
    )
    resource_types: Mapped[list[str]] = mapped_column(JSON, info=kept(_SHOP))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_SHOP))
    version: Mapped[int] = mapped_column(Integer, info=kept(_SHOP))


@dataclass(frozen=True, slots=True)
class HiddenTypes:
    """What is hidden from guests."""

    resource_types: tuple[str, ...]
    """In the order in which they were set."""
    version: int
    """0 until somebody edits them: then the setting counts."""

    @property
    def state(self) -> str:
        """Name of the state: another one after each edit."""
        return str(self.version)
