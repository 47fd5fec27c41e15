"""Receipts: the proof that an erasure happened."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, BigInteger, ForeignKey, Identity, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept
from customer_api.core.types import BigKey, UtcDateTime


class Actor(StrEnum):
    """Who caused an erasure."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    RETENTION = "retention"


class ErasureReceiptRow(Base):
    """One erasure; holds no personal data."""

    __tablename__ = "erasure_receipts"
    __table_args__ = (Index("uq_erasure_receipts_customer_id", "customer_id", unique=True),)

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept("row identity"))
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the emptied customer")
    )
    reference: Mapped[str] = mapped_column(String(64), info=kept("public id, no person in it"))
    actor: Mapped[str] = mapped_column(String(20), info=kept("kind of the causer, no person"))
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("time of the proof"))
    rows_by_anonymizer: Mapped[dict[str, int]] = mapped_column(
        JSON, info=kept("counts only: anonymizer name to rows changed")
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was erased, when and by whom; `rows_by_anonymizer` in the order they ran."""

    reference: str
    actor: Actor
    erased_at: datetime
    rows_by_anonymizer: dict[str, int]
