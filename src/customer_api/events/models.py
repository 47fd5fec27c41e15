"""Events, who receives them, and what of them could not be delivered; as rows and as what is read of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept
from customer_api.core.types import BigKey, JsonObject, UtcDateTime

UUID_LENGTH: Final = 36
SUBJECT_LENGTH: Final = 64
NAME_LENGTH: Final = 70
URL_LENGTH: Final = 2000
ERROR_LENGTH: Final = 50

_EVENT: Final = "tells that something happened; names whom by reference alone"
_RECEIVER: Final = "where events go; a setting of the shop"
_DELIVERY: Final = "how far a receiver is; names a customer by reference alone"


class EventType(StrEnum):
    """What can happen; the value is the `type` of the CloudEvent."""

    CUSTOMER_REGISTERED = "customer.registered"
    CUSTOMER_CONFIRMED = "customer.confirmed"
    CUSTOMER_UPDATED = "customer.updated"
    CUSTOMER_EMAIL_CHANGED = "customer.email_changed"
    CUSTOMER_PASSWORD_CHANGED = "customer.password_changed"  # noqa: S105 - a type of events
    CUSTOMER_ANONYMIZED = "customer.anonymized"
    ADDRESS_CREATED = "address.created"
    ADDRESS_UPDATED = "address.updated"
    ADDRESS_DELETED = "address.deleted"
    NEWSLETTER_SUBSCRIBED = "newsletter.subscribed"
    NEWSLETTER_UNSUBSCRIBED = "newsletter.unsubscribed"
    ORDER_REORDERED = "order.reordered"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in its place in the log."""

    sequence: int
    """Its place: larger than that of everything before it. Numbers may be missing."""
    uuid: str
    type: EventType
    subject: str
    """What it happened to: a customer's reference, or another public id. Events of one subject are
    delivered in their order."""
    at: datetime
    """UTC."""
    data: JsonObject
    """References and names of fields, no personal data."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A receiver of events."""

    id: int
    uuid: str
    name: str
    url: str
    types: frozenset[EventType]
    """What it is told of; empty for everything."""
    has_personal_data: bool
    """Whether events show the customer, as it is when they are delivered."""
    secret: str
    """Key of the signatures, base64."""
    old_secret: str | None
    old_secret_expires_at: datetime | None
    position: int
    """Sequence of the last event that it has, but for those that are undelivered."""
    failures: int
    """How often in a row it took nothing at all."""
    paused_until: datetime | None
    """Nothing is tried before; None when it takes events."""
    last_error: str | None
    delivered_at: datetime | None
    """When it last took one."""
    created_at: datetime
    updated_at: datetime

    def secrets_at(self, now: datetime) -> tuple[str, ...]:
        """Return the keys that events are signed with at a moment, the newest first."""
        if self.old_secret is None or self.old_secret_expires_at is None:
            return (self.secret,)
        return (self.secret, self.old_secret)[: 2 if now < self.old_secret_expires_at else 1]

    def wants(self, event: Event) -> bool:
        """Whether the receiver is told of the event."""
        return not self.types or event.type in self.types


class EventRow(Base):
    """Something that happened. Rows are added, get their place once, and are purged when they are old."""

    __tablename__ = "events"
    __table_args__ = (
        Index("uq_events_uuid", "uuid", unique=True),
        Index("uq_events_sequence", "sequence", unique=True),
        Index(
            "ix_events_unnumbered",
            "id",
            postgresql_where=text("sequence IS NULL"),
            sqlite_where=text("sequence IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_EVENT))
    sequence: Mapped[int | None] = mapped_column(BigInteger, info=kept(_EVENT))
    """Given after the commit, because PostgreSQL hands ids out before their rows can be seen."""
    uuid: Mapped[str] = mapped_column(String(UUID_LENGTH), info=kept(_EVENT))
    type: Mapped[str] = mapped_column(String(50), info=kept(_EVENT))
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH), info=kept(_EVENT))
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_EVENT))
    data: Mapped[dict[str, Any]] = mapped_column(JSON, info=kept(_EVENT))


class EventLogRow(Base):
    """The ends of the log; one row, made with the first event that gets its place."""

    __tablename__ = "event_log"

    id: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, info=kept(_DELIVERY)
    )
    last: Mapped[int] = mapped_column(BigInteger, info=kept(_DELIVERY))
    """The largest sequence there ever was."""
    purged: Mapped[int] = mapped_column(BigInteger, info=kept(_DELIVERY))
    """The largest sequence that is there no more."""


class SubscriptionRow(Base):
    """A receiver of events."""

    __tablename__ = "event_subscriptions"
    __table_args__ = (Index("uq_event_subscriptions_uuid", "uuid", unique=True),)

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_RECEIVER))
    uuid: Mapped[str] = mapped_column(String(UUID_LENGTH), info=kept(_RECEIVER))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), info=kept(_RECEIVER))
    url: Mapped[str] = mapped_column(String(URL_LENGTH), info=kept(_RECEIVER))
    types: Mapped[str] = mapped_column(Text, info=kept(_RECEIVER))
    has_personal_data: Mapped[bool] = mapped_column(Boolean, info=kept(_RECEIVER))
    secret: Mapped[str] = mapped_column(String(64), info=kept(_RECEIVER))
    old_secret: Mapped[str | None] = mapped_column(String(64), info=kept(_RECEIVER))
    old_secret_expires_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept(_RECEIVER)
    )
    position: Mapped[int] = mapped_column(BigInteger, info=kept(_DELIVERY))
    claim: Mapped[str | None] = mapped_column(String(UUID_LENGTH), info=kept(_DELIVERY))
    """Of the worker that delivers to it."""
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_DELIVERY))
    failures: Mapped[int] = mapped_column(Integer, info=kept(_DELIVERY))
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_DELIVERY))
    last_error: Mapped[str | None] = mapped_column(String(ERROR_LENGTH), info=kept(_DELIVERY))
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_DELIVERY))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_RECEIVER))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_RECEIVER))


class UndeliveredRow(Base):
    """An event that a receiver did not take, or that waits behind one of the same subject."""

    __tablename__ = "undelivered_events"
    __table_args__ = (
        Index(
            "ix_undelivered_events_subscription_id_subject_sequence",
            "subscription_id",
            "subject",
            "sequence",
        ),
        Index("ix_undelivered_events_sequence", "sequence"),
    )

    subscription_id: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("event_subscriptions.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        info=kept(_DELIVERY),
    )
    sequence: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, info=kept(_DELIVERY)
    )
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH), info=kept(_DELIVERY))
    tries: Mapped[int] = mapped_column(Integer, info=kept(_DELIVERY))
    next_try_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_DELIVERY))
    parked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_DELIVERY))
    """When it was given up; what is behind it waits all the same."""
    last_error: Mapped[str | None] = mapped_column(String(ERROR_LENGTH), info=kept(_DELIVERY))
