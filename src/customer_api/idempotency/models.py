"""Remembered requests, and the answers to them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.ids import CustomerId
from customer_api.core.privacy import kept, kept_secret, secret
from customer_api.core.types import BigKey, UtcDateTime

WIPED: Final = b""
"""The fingerprint of a request that is forgotten: no request has it."""


class IdempotentRequestRow(Base):
    """A request with a key: claimed by whoever works on it, then answered; gone after its time.

    When its customer is erased, that it was answered is all that stays.
    """

    __tablename__ = "idempotent_requests"
    __table_args__ = (
        Index("uq_idempotent_requests_scope", "scope", unique=True),
        Index("ix_idempotent_requests_customer_id", "customer_id"),
        Index("ix_idempotent_requests_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("row identity; says nothing of the person")
    )
    scope: Mapped[bytes] = mapped_column(
        LargeBinary(32), info=kept_secret("keyed digest; leads to nobody")
    )
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), info=secret("keyed digest"))
    customer_id: Mapped[int | None] = mapped_column(
        BigInteger,
        ForeignKey("customers.id"),
        info=kept("link to the customer; erasure removes it"),
    )
    claim: Mapped[str] = mapped_column(String(36), info=kept("random; tells attempts apart"))
    claimed_until: Mapped[datetime] = mapped_column(
        UtcDateTime, info=kept("end of an attempt; says nothing of the person")
    )
    expires_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=kept("when the row is deleted at the latest")
    )
    status: Mapped[int | None] = mapped_column(
        Integer, info=kept("of the answer; says nothing of the person")
    )
    etag: Mapped[str | None] = mapped_column(
        String(50), info=kept("of the answer; says nothing of the person")
    )
    body: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=secret("copy of an answer, whose data the other parts show")
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it went over the wire, as far as it is not the same for all answers."""

    status: int
    body: bytes
    etag: str | None
    """Value of the header field, quotes included."""
    owner: CustomerId | None = None
    """Whose personal data it holds, once it is remembered; None is nobody's."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a request; lost when it lapses and somebody else claims it."""

    request_id: int
    token: str
