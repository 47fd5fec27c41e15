"""The tables of newsletters, and what is read of them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NewType

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.ids import CustomerId
from customer_api.core.labels import KEY_FACTOR
from customer_api.core.privacy import kept, personal, secret
from customer_api.core.types import BigKey, UtcDateTime
from customer_api.customers.emails import EMAIL_LENGTH

TypeId = NewType("TypeId", int)
SubscriptionId = NewType("SubscriptionId", int)

NAME_LENGTH: Final = 70
NAME_KEY_LENGTH: Final = KEY_FACTOR * NAME_LENGTH
DESCRIPTION_LENGTH: Final = 255
CONSENT_LENGTH: Final = 5000
CHANNEL_LENGTH: Final = 50

_TYPE: Final = "about a newsletter, not a customer"
_GOES: Final = "the row goes with the person"


class State(StrEnum):
    """How far a subscription is."""

    PENDING = "pending"
    """Somebody asked for it; the mailbox has not confirmed yet."""
    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    """The mailbox takes no mail, so it gets none."""


class TypeRow(Base):
    """A newsletter."""

    __tablename__ = "newsletter_types"
    __table_args__ = (
        Index("uq_newsletter_types_uuid", "uuid", unique=True),
        Index("uq_newsletter_types_name_key", "name_key", unique=True),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_TYPE))
    uuid: Mapped[str] = mapped_column(String(36), info=kept(_TYPE))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), info=kept(_TYPE))
    name_key: Mapped[str] = mapped_column(String(NAME_KEY_LENGTH), info=kept(_TYPE))
    description: Mapped[str | None] = mapped_column(String(DESCRIPTION_LENGTH), info=kept(_TYPE))
    text_version: Mapped[int] = mapped_column(Integer, info=kept(_TYPE))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_TYPE))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_TYPE))


class TextRow(Base):
    """What subscribers of a newsletter agree to; a version is never changed."""

    __tablename__ = "newsletter_texts"

    type_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("newsletter_types.id"), primary_key=True, info=kept(_TYPE)
    )
    version: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, info=kept(_TYPE)
    )
    text: Mapped[str] = mapped_column(Text, info=kept(_TYPE))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_TYPE))


class RequestRow(Base):
    """A subscription that a guest asked for, and at which nobody has looked yet."""

    __tablename__ = "newsletter_requests"
    __table_args__ = (Index("ix_newsletter_requests_email_key", "email_key"),)

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("order of the requests")
    )
    type_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("newsletter_types.id"), info=kept(_GOES)
    )
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=personal())
    email_key: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=personal())
    locale: Mapped[str] = mapped_column(String(10), info=kept(_GOES))
    channel: Mapped[str] = mapped_column(String(CHANNEL_LENGTH), info=kept(_GOES))
    text_version: Mapped[int] = mapped_column(Integer, info=kept(_GOES))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_GOES))


class SubscriptionRow(Base):
    """A mailbox and a newsletter; erasure deletes the row."""

    __tablename__ = "newsletter_subscriptions"
    __table_args__ = (
        Index("uq_newsletter_subscriptions_uuid", "uuid", unique=True),
        Index("uq_newsletter_subscriptions_email_key_type_id", "email_key", "type_id", unique=True),
        Index("uq_newsletter_subscriptions_key_digest", "key_digest", unique=True),
        Index("uq_newsletter_subscriptions_unsubscribe_key", "unsubscribe_key", unique=True),
        Index("ix_newsletter_subscriptions_customer_id", "customer_id"),
        Index("ix_newsletter_subscriptions_state_asked_at", "state", "asked_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_GOES))
    uuid: Mapped[str] = mapped_column(String(36), info=kept(_GOES))
    type_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("newsletter_types.id"), info=personal()
    )
    customer_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("customers.id"), info=kept("link to the customer; rows go with it")
    )
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=personal())
    email_key: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=personal())
    locale: Mapped[str] = mapped_column(String(10), info=personal())
    state: Mapped[str] = mapped_column(String(20), info=personal())
    channel: Mapped[str] = mapped_column(String(CHANNEL_LENGTH), info=personal())
    """Where the consent was given, such as `footer`."""
    text_version: Mapped[int] = mapped_column(Integer, info=personal())
    """Which text of the newsletter was agreed to."""
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, info=personal())
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
    key_digest: Mapped[bytes | None] = mapped_column(
        LargeBinary(32), info=secret("proves the mailbox")
    )
    key_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
    unsubscribe_key: Mapped[str] = mapped_column(
        String(43), info=secret("in each mail of the newsletter; ends the subscription")
    )
    wish: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), info=personal())
    """What was asked for after the end, until the mailbox confirms it: the proof of before stays."""


@dataclass(frozen=True, slots=True)
class NewsletterType:
    """A newsletter. Times are UTC."""

    id: TypeId
    uuid: str
    name: str
    description: str | None
    text_version: int
    """Counts the texts from 1."""
    consent_text: str
    """What new subscribers agree to."""
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Subscription:
    """A mailbox and a newsletter, with the proof of consent. Times are UTC."""

    id: SubscriptionId
    uuid: str
    type_id: TypeId
    customer_id: CustomerId | None
    """None for a guest's."""
    email: str
    email_key: str
    locale: str
    state: State
    channel: str
    text_version: int
    asked_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    key_expires_at: datetime | None
    unsubscribe_key: str
    wish: Mapping[str, Any] | None
    """A `Request` for it after it has ended, as JSON; None when there is none."""

    @property
    def shown_state(self) -> State:
        """How far it is for its owner: what was asked for again waits for the mailbox."""
        return self.state if self.wish is None else State.PENDING


@dataclass(frozen=True, slots=True)
class Request:
    """What a guest or a customer asks for."""

    email: str
    locale: str
    channel: str
    text_version: int
    asked_at: datetime

    def to_wish(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self) | {"asked_at": self.asked_at.isoformat()}


@dataclass(frozen=True, slots=True)
class NamedSubscription:
    """A subscription with its newsletter, as its owner sees it."""

    subscription: Subscription
    type_uuid: str
    type_name: str
