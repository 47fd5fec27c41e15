"""The tables that hold digests of secrets."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept, personal, secret
from customer_api.core.types import BigKey, UtcDateTime
from customer_api.customers.emails import EMAIL_LENGTH


class Purpose(StrEnum):
    """What a mailed key is good for; a key works for nothing else."""

    CONFIRMATION = "confirmation"
    EMAIL_CHANGE = "email_change"
    EMAIL_UNDO = "email_undo"
    ERASURE = "erasure"
    """Not mailed: the operator who asks for a preview confirms with it that the customer is to go."""
    PASSWORD_UNDO = "password_undo"  # noqa: S105 - a purpose, no password
    RESTORE = "restore"


UNDO: Final = frozenset({Purpose.EMAIL_UNDO, Purpose.PASSWORD_UNDO})
"""Several of these work at once, one for each change; of the other purposes only the newest key."""


class CredentialRow(Base):
    """The password digest of a customer; no row or NULL means that no password works."""

    __tablename__ = "credentials"

    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customers.id"), primary_key=True, info=kept("link to the customer")
    )
    password_hash: Mapped[str | None] = mapped_column(
        String(512), info=secret("digest of a password")
    )
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("age of the digest"))


class OneTimeKeyRow(Base):
    """A key that was mailed; only its SHA-256 is here.

    `email` is the address that an e-mail change leads to, or that its undo leads back to. `used_at`
    is also the moment at which a key that was never used became worthless.
    """

    __tablename__ = "one_time_keys"
    __table_args__ = (
        Index("uq_one_time_keys_digest", "digest", unique=True),
        Index("ix_one_time_keys_customer_id_purpose", "customer_id", "purpose"),
        Index(
            "ix_one_time_keys_email_key",
            "email_key",
            postgresql_where=text("email_key IS NOT NULL"),
            sqlite_where=text("email_key IS NOT NULL"),
        ),
        Index("ix_one_time_keys_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("row identity; rows go with erasure")
    )
    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the customer")
    )
    purpose: Mapped[str] = mapped_column(String(20), info=kept("kind of the key"))
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), info=secret("digest of a mailed key"))
    email: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH), info=personal())
    email_key: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH), info=personal())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("row goes with erasure"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("row goes with erasure"))
    used_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept("row goes with erasure")
    )
