"""Sessions and refresh tokens."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept, personal
from customer_api.core.types import BigKey, UtcDateTime


class EndReason(StrEnum):
    """Why a session is over."""

    LOGGED_OUT = "logged_out"
    REUSED = "reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, no password


class SessionRow(Base):
    """A login on a device, parent of its tokens; ended once, never revived."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("uq_sessions_uuid", "uuid", unique=True),
        Index("ix_sessions_customer_id", "customer_id"),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("row identity; rows go with erasure")
    )
    uuid: Mapped[str] = mapped_column(String(36), info=personal())
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the customer")
    )
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
    end_reason: Mapped[str | None] = mapped_column(String(20), info=personal())


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
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), info=personal())
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
