"""The table of notes, and what is read of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.audit.models import Acting, ActorKind
from customer_api.core.db import Base, UnitsOfWork
from customer_api.core.privacy import kept, personal
from customer_api.core.types import BigKey, UtcDateTime
from customer_api.customers.models import Access

TEXT_LENGTH: Final = 10_000
"""Most characters of a note, by the contract."""


class NoteRow(Base):
    """A note about a customer. Rows are added and read; only erasure changes them."""

    __tablename__ = "customer_notes"
    __table_args__ = (
        Index("uq_customer_notes_uuid", "uuid", unique=True),
        Index("ix_customer_notes_customer_id_id", "customer_id", "id"),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("row identity; the row is emptied")
    )
    uuid: Mapped[str] = mapped_column(String(36), info=kept("random; the row is emptied"))
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the emptied customer")
    )
    author_kind: Mapped[str] = mapped_column(
        String(20), info=kept("about an operator or client, not the customer")
    )
    author: Mapped[str] = mapped_column(
        String(36), info=kept("about an operator or client, not the customer")
    )
    text: Mapped[str | None] = mapped_column(Text, info=personal())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("age of the empty row"))


@dataclass(frozen=True, slots=True)
class Note:
    """A note about a customer. Times are UTC."""

    uuid: str
    text: str | None
    """None when the customer was erased."""
    author_kind: ActorKind
    author: str
    """Uuid of the operator or client, who may be removed since."""
    author_name: str | None
    """The operator's e-mail address or the client's name."""
    created_at: datetime


class Author(Access, Acting, Protocol):
    """Access to a customer by somebody who is named."""


NoteUnits = UnitsOfWork[Author]
"""Units for whoever reads and writes notes about a customer."""
