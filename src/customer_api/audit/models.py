"""Audit events, as rows and as what is read of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, runtime_checkable

from sqlalchemy import BigInteger, Identity, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base
from customer_api.core.privacy import kept
from customer_api.core.types import BigKey, UtcDateTime

UUID_LENGTH: Final = 36
HASH_LENGTH: Final = 64

_EVIDENCE: Final = "evidence of what was done; names no customer but by reference"
_SEAL: Final = "shows that no event was changed; about events, not persons"


class ActorKind(StrEnum):
    """What acts."""

    OPERATOR = "operator"
    CLIENT = "client"
    COMMAND_LINE = "command_line"


class Action(StrEnum):
    """What is done; the kind of thing it is done to goes before the dot."""

    OPERATOR_CREATED = "operator.created"
    OPERATOR_CHANGED = "operator.changed"
    OPERATOR_REMOVED = "operator.removed"
    OPERATOR_PASSWORD_LINKED = "operator.password_linked"  # noqa: S105 - an action
    OPERATOR_PASSWORD_SET = "operator.password_set"  # noqa: S105 - an action
    OPERATORS_READ = "operator.read"
    CLIENT_CREATED = "client.created"
    CLIENT_CHANGED = "client.changed"
    CLIENT_SECRET_ROTATED = "client.secret_rotated"  # noqa: S105 - an action
    CLIENT_REMOVED = "client.removed"
    ANSWER_REPEATED = "answer.repeated"
    CUSTOMERS_LISTED = "customer.listed"
    CUSTOMER_SHOWN = "customer.shown"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_READ = "customer.read"
    CUSTOMER_CHANGED = "customer.changed"
    CUSTOMER_LOCKED = "customer.locked"
    CUSTOMER_UNLOCKED = "customer.unlocked"
    CUSTOMER_ERASURE_PREVIEWED = "customer.erasure_previewed"
    CUSTOMER_ERASED = "customer.erased"
    CUSTOMER_ERASURE_READ = "customer.erasure_read"
    CUSTOMER_EXPORTED = "customer.exported"
    CUSTOMER_RESTORE_MAILED = "customer.restore_mailed"
    CUSTOMER_CONFIRMATION_MAILED = "customer.confirmation_mailed"
    CUSTOMERS_FILE_EXPORTED = "customer.file_exported"
    CUSTOMERS_FILE_IMPORTED = "customer.file_imported"
    ADDRESSES_READ = "address.read"
    ADDRESS_CREATED = "address.created"
    ADDRESS_CHANGED = "address.changed"
    ADDRESS_REMOVED = "address.removed"
    ADDRESSES_FILE_EXPORTED = "address.file_exported"
    ADDRESSES_FILE_IMPORTED = "address.file_imported"
    SESSIONS_READ = "session.read"
    SESSIONS_ENDED = "session.ended"
    PASSWORD_MAILING_STARTED = "password_mailing.started"  # noqa: S105 - an action
    CUSTOMER_PASSWORD_RESET = "customer.password_reset"  # noqa: S105 - an action
    CUSTOMER_PASSWORD_INVITED = "customer.password_invited"  # noqa: S105 - an action
    CUSTOMER_GROUPS_READ = "customer.groups_read"
    CUSTOMER_GROUP_JOINED = "customer.group_joined"
    CUSTOMER_GROUP_LEFT = "customer.group_left"
    NOTES_READ = "note.read"
    NOTE_CREATED = "note.created"
    GROUP_CREATED = "group.created"
    GROUP_CHANGED = "group.changed"
    GROUP_REMOVED = "group.removed"
    GROUP_MEMBERS_READ = "group.members_read"
    GROUP_MEMBERS_ADDED = "group.members_added"
    GROUP_MEMBERS_REMOVED = "group.members_removed"
    ORDERS_READ = "order.read"
    ORDER_CREATED = "order.created"
    ORDER_REPLACED = "order.replaced"
    ERASURES_FILE_EXPORTED = "erasure.file_exported"
    ERASURES_FILE_IMPORTED = "erasure.file_imported"
    GROUPS_FILE_EXPORTED = "group.file_exported"
    GROUPS_FILE_IMPORTED = "group.file_imported"
    GROUP_MEMBERS_FILE_EXPORTED = "group_member.file_exported"
    GROUP_MEMBERS_FILE_IMPORTED = "group_member.file_imported"
    NOTES_FILE_EXPORTED = "note.file_exported"
    NOTES_FILE_IMPORTED = "note.file_imported"
    ORDERS_FILE_EXPORTED = "order.file_exported"
    ORDERS_FILE_IMPORTED = "order.file_imported"
    ACCESS_CHANGED = "customer_access.changed"
    MAILS_LISTED = "mail.listed"
    MAIL_READ = "mail.read"
    MAIL_RETRIED = "mail.retried"
    NEWSLETTER_TYPE_CREATED = "newsletter_type.created"
    NEWSLETTER_TYPE_CHANGED = "newsletter_type.changed"
    NEWSLETTER_TYPE_REMOVED = "newsletter_type.removed"
    NEWSLETTER_BOUNCES_REPORTED = "newsletter.bounces_reported"
    NEWSLETTER_FILE_EXPORTED = "newsletter.file_exported"
    NEWSLETTER_FILE_IMPORTED = "newsletter.file_imported"
    EVENT_SUBSCRIPTION_CREATED = "event_subscription.created"
    EVENT_SUBSCRIPTION_CHANGED = "event_subscription.changed"
    EVENT_SUBSCRIPTION_SECRET_ROTATED = "event_subscription.secret_rotated"  # noqa: S105 - an action
    EVENT_SUBSCRIPTION_REMOVED = "event_subscription.removed"
    EVENT_SUBSCRIPTION_REPLAYED = "event_subscription.replayed"
    EVENT_SUBSCRIPTION_RETRIED = "event_subscription.retried"
    EVENT_GIVEN_UP = "event.given_up"
    CUSTOMER_IMPERSONATED = "customer.impersonated"
    """An operator got a token that acts as the customer."""
    IMPERSONATION_USED = "customer.impersonation_used"
    """A request with that token, or a try of what only the customer may do. Its fields are method and
    resource type, such as `PATCH addresses`, and the names of the attributes that were sent."""


IMPERSONATIONS: Final = (Action.CUSTOMER_IMPERSONATED, Action.IMPERSONATION_USED)
"""What customers are shown of the events about them."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and in which request."""

    kind: ActorKind
    id: str
    """Uuid of the operator or client; empty for the command line."""
    request_id: str = ""


class Acting(Protocol):
    """Whoever acts in a unit of work."""

    @property
    def actor(self) -> Actor:
        """As audit events name them."""


@runtime_checkable
class Attempt(Protocol):
    """The result of work that can be asked to do what is done already."""

    @property
    def has_changed(self) -> bool:
        """Whether there is something to note."""


@runtime_checkable
class Change(Protocol):
    """The result of work that knows what is different now; without any difference it was a look."""

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the fields."""


@runtime_checkable
class Showing(Protocol):
    """The result of work that shows several customers."""

    @property
    def shown(self) -> tuple[str, ...]:
        """Their references."""


COMMAND_LINE: Final = Actor(ActorKind.COMMAND_LINE, "")


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One thing that was done, as it is read. Times are UTC."""

    id: int
    uuid: str
    at: datetime
    actor_kind: str
    actor: str
    """Uuid of the operator or client; empty for the command line."""
    action: str
    subject: str
    """Public id of what it was done to; empty for lists."""
    fields: tuple[str, ...]
    """Names of what was changed or asked for."""
    request_id: str
    """Empty when it was no request."""
    seal: int | None
    """Number of its seal; None as long as it waits for one."""


class AuditEventRow(Base):
    """One thing that was done. Rows are added and read, never changed or deleted.

    A trigger notes each of them in `audit_unsealed_events`, in the transaction that adds it.
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("uq_audit_events_uuid", "uuid", unique=True),
        Index("ix_audit_events_at", "at", "id"),
        Index("ix_audit_events_subject", "subject", "at", "id"),
        Index("ix_audit_events_actor", "actor", "at", "id"),
        Index("ix_audit_events_action", "action", "at", "id"),
        Index("ix_audit_events_actor_action", "actor", "action", "at", "id"),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_EVIDENCE))
    uuid: Mapped[str] = mapped_column(String(UUID_LENGTH), info=kept(_EVIDENCE))
    at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_EVIDENCE))
    actor_kind: Mapped[str] = mapped_column(String(20), info=kept(_EVIDENCE))
    actor: Mapped[str] = mapped_column(String(36), info=kept(_EVIDENCE))
    action: Mapped[str] = mapped_column(String(50), info=kept(_EVIDENCE))
    subject: Mapped[str] = mapped_column(String(64), info=kept(_EVIDENCE))
    fields: Mapped[str] = mapped_column(Text, info=kept(_EVIDENCE))
    request_id: Mapped[str] = mapped_column(String(64), info=kept(_EVIDENCE))


class UnsealedEventRow(Base):
    """An event that waits for its seal. Who seals it deletes the row.

    No foreign keys, here and under seals: what is left of an event that somebody removed says
    which one is missing.
    """

    __tablename__ = "audit_unsealed_events"

    event_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, info=kept(_SEAL)
    )
    uuid: Mapped[str] = mapped_column(String(UUID_LENGTH), primary_key=True, info=kept(_SEAL))


class SealRow(Base):
    """A seal over a batch of events and the seal before it. Added and read, never changed."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, info=kept(_SEAL)
    )
    previous_hash: Mapped[str] = mapped_column(String(HASH_LENGTH), info=kept(_SEAL))
    hash: Mapped[str] = mapped_column(String(HASH_LENGTH), info=kept(_SEAL))
    first_event: Mapped[str] = mapped_column(String(UUID_LENGTH), info=kept(_SEAL))
    last_event: Mapped[str] = mapped_column(String(UUID_LENGTH), info=kept(_SEAL))
    events: Mapped[int] = mapped_column(Integer, info=kept(_SEAL))
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_SEAL))


class SealedEventRow(Base):
    """Which seal an event is under, and the digest of the event. Added and read, never changed."""

    __tablename__ = "audit_sealed_events"
    __table_args__ = (Index("uq_audit_sealed_events_uuid", "uuid", unique=True),)

    seal_number: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, info=kept(_SEAL)
    )
    event_id: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, info=kept(_SEAL)
    )
    uuid: Mapped[str] = mapped_column(String(UUID_LENGTH), info=kept(_SEAL))
    digest: Mapped[str] = mapped_column(String(HASH_LENGTH), info=kept(_SEAL))
