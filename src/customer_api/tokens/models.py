"""Sessions and refresh tokens."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.ids import CustomerId
from customer_api.core.privacy import kept, personal, secret
from customer_api.core.types import BigKey, UtcDateTime

DEVICE_LENGTH: Final = 200


class SessionRow(Base):
    """A login on a device, parent of its tokens; ended once, never revived.

    With `operator_session_uuid` it is an impersonation: an operator acts in it as the customer, as
    long as that session of theirs lives. It may be gone from its table; then it does not live.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        Index("uq_sessions_uuid", "uuid", unique=True),
        Index("ix_sessions_customer_id", "customer_id"),
        Index(
            "ix_sessions_ended_at",
            "ended_at",
            postgresql_where=text("ended_at IS NOT NULL"),
            sqlite_where=text("ended_at IS NOT NULL"),
        ),
        Index("ix_sessions_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("row identity; rows go with erasure")
    )
    uuid: Mapped[str] = mapped_column(String(36), info=personal())
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the customer")
    )
    device: Mapped[str | None] = mapped_column(String(DEVICE_LENGTH), info=personal())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
    end_reason: Mapped[str | None] = mapped_column(String(20), info=personal())
    operator_session_uuid: Mapped[str | None] = mapped_column(String(36), info=personal())


class RefreshTokenRow(Base):
    """A refresh token that was handed out; only its SHA-256 is here."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        Index("uq_refresh_tokens_digest", "digest", unique=True),
        Index("ix_refresh_tokens_session_id", "session_id"),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("row identity; rows go with erasure")
    )
    session_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("sessions.id", ondelete="CASCADE"), info=kept("link to the session")
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), info=secret("digest of a token"))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that is about to start."""

    customer_id: CustomerId
    device: str | None
    ttl: timedelta
    operator_session_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class TokenOwner:
    """Whose refresh token something is."""

    customer_id: CustomerId
    impersonator: str | None
    """Id of the operator who acts as the customer; None when it is the customer."""
    has_live_agent: bool
    """Whether that operator is an agent still, and their own session lives; True for customers."""


@dataclass(frozen=True, slots=True)
class Login:
    """A live session as its owner sees it. Times are UTC."""

    uuid: str
    device: str | None
    """The `User-Agent` of the login, shortened; None when the client sent none."""
    created_at: datetime
    last_used_at: datetime
    """Time of the login, the last refresh or the last write, whichever is latest; writes count with
    a granularity of `TOUCH_INTERVAL`, reads do not."""
    is_impersonation: bool
    """Whether it is the shop that acts as the customer."""
