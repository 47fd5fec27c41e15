"""Operators, clients and their sessions. None of this is about customers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.audit.models import Action, Actor, ActorKind
from customer_api.core.db import Base, UnitsOfWork
from customer_api.core.ids import CustomerId, SessionId
from customer_api.core.privacy import kept
from customer_api.core.types import BigKey, Claims, UtcDateTime
from customer_api.customers.models import Customer
from customer_api.operators.errors import InsufficientScope
from customer_api.operators.scopes import Role, Scope

OperatorId = NewType("OperatorId", int)
ClientId = NewType("ClientId", int)

EMAIL_LENGTH: Final = 320
NAME_LENGTH: Final = 100


class Audience(StrEnum):
    """Where the tokens of an operator's session are good, and nowhere else."""

    BACK_OFFICE = "back_office"
    STOREFRONT = "storefront"
    """For agents alone."""


_OPERATOR: Final = "about an operator, not a customer"
_CLIENT: Final = "about a client of the API, not a customer"
_NOT_REMOVED: Final = text("removed_at IS NULL")


class OperatorRow(Base):
    """A person who works in the back office. Removed ones stay, for the audit trail."""

    __tablename__ = "operators"
    __table_args__ = (
        Index("uq_operators_uuid", "uuid", unique=True),
        Index(
            "uq_operators_email_key",
            "email_key",
            unique=True,
            postgresql_where=_NOT_REMOVED,
            sqlite_where=_NOT_REMOVED,
        ),
        Index("uq_operators_password_key_digest", "password_key_digest", unique=True),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_OPERATOR))
    uuid: Mapped[str] = mapped_column(String(36), info=kept(_OPERATOR))
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=kept(_OPERATOR))
    email_key: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=kept(_OPERATOR))
    role: Mapped[str] = mapped_column(String(20), info=kept(_OPERATOR))
    is_agent: Mapped[bool] = mapped_column(Boolean, info=kept(_OPERATOR))
    password_hash: Mapped[str | None] = mapped_column(String(255), info=kept(_OPERATOR))
    password_key_digest: Mapped[bytes | None] = mapped_column(LargeBinary(32), info=kept(_OPERATOR))
    password_key_expires_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept(_OPERATOR)
    )
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    version: Mapped[int] = mapped_column(Integer, info=kept(_OPERATOR))


class ClientRow(Base):
    """A machine that calls the API. Removed ones stay, for the audit trail."""

    __tablename__ = "api_clients"
    __table_args__ = (Index("uq_api_clients_uuid", "uuid", unique=True),)

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_CLIENT))
    uuid: Mapped[str] = mapped_column(String(36), info=kept(_CLIENT))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), info=kept(_CLIENT))
    scopes: Mapped[str] = mapped_column(Text, info=kept(_CLIENT))
    grants: Mapped[str] = mapped_column(Text, info=kept(_CLIENT))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_CLIENT))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_CLIENT))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_CLIENT))
    version: Mapped[int] = mapped_column(Integer, info=kept(_CLIENT))


class ClientSecretRow(Base):
    """A secret of a client: 256 random bits, of which the SHA-256 is here.

    The present one has no end; those before it are good until theirs.
    """

    __tablename__ = "api_client_secrets"
    __table_args__ = (Index("ix_api_client_secrets_client_id", "client_id"),)

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_CLIENT))
    client_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("api_clients.id"), info=kept(_CLIENT)
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), info=kept(_CLIENT))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_CLIENT))


class OperatorSessionRow(Base):
    """A login of an operator, or a grant to a client; parent of its tokens.

    A session of an operator that names a client was started through that client and belongs to both.
    One for the storefront is parent of the sessions in which the operator acts as a customer, too.
    """

    __tablename__ = "operator_sessions"
    __table_args__ = (
        Index("uq_operator_sessions_uuid", "uuid", unique=True),
        Index("ix_operator_sessions_operator_id", "operator_id"),
        Index("ix_operator_sessions_client_id", "client_id"),
        Index("ix_operator_sessions_expires_at", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_OPERATOR))
    uuid: Mapped[str] = mapped_column(String(36), info=kept(_OPERATOR))
    operator_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("operators.id"), info=kept(_OPERATOR)
    )
    client_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("api_clients.id"), info=kept(_CLIENT)
    )
    scopes: Mapped[str | None] = mapped_column(Text, info=kept(_CLIENT))
    audience: Mapped[str] = mapped_column(String(20), info=kept(_OPERATOR))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    end_reason: Mapped[str | None] = mapped_column(String(20), info=kept(_OPERATOR))


class OperatorRefreshTokenRow(Base):
    """A refresh token that was handed out to an operator; only its SHA-256 is here."""

    __tablename__ = "operator_refresh_tokens"
    __table_args__ = (
        Index("uq_operator_refresh_tokens_digest", "digest", unique=True),
        Index("ix_operator_refresh_tokens_session_id", "session_id"),
    )

    id: Mapped[int] = mapped_column(BigKey, Identity(), primary_key=True, info=kept(_OPERATOR))
    session_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("operator_sessions.id", ondelete="CASCADE"), info=kept(_OPERATOR)
    )
    digest: Mapped[bytes] = mapped_column(LargeBinary(32), info=kept(_OPERATOR))
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept(_OPERATOR))
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept(_OPERATOR))


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator. Times are UTC."""

    id: OperatorId
    uuid: str
    email: str
    role: Role
    is_agent: bool
    has_password: bool
    created_at: datetime
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True)
class ApiClient:
    """A client of the API. Times are UTC."""

    id: ClientId
    uuid: str
    """The `client_id` of OAuth 2.0."""
    name: str
    scopes: frozenset[Scope]
    grants: frozenset[str]
    created_at: datetime
    updated_at: datetime
    version: int
    old_secret_expires_at: datetime | None
    """When the last of the secrets before the present one ends; None when there was none."""


@dataclass(frozen=True, slots=True)
class CallerClaims(Claims):
    """What a token of the back office says, and what the request needs.

    `reference` is the uuid of the operator or of the client.
    """

    scope: Scope | None
    """What the caller must have at the moment of each unit of work; None for any caller."""
    request_id: str
    customer: str | None = None
    """Reference of the customer that the request is about."""
    action: Action | None = None
    """What the request does, as audit events name it; None when its service writes them itself."""
    fields: tuple[str, ...] = ()
    """Names of what it changes or asks for."""


@dataclass(frozen=True, slots=True)
class Caller:
    """An operator or a client with a live session; who holds one has passed the check of scopes."""

    session_id: SessionId
    session_uuid: str
    uuid: str
    """Of the operator, or of the client that calls on its own."""
    operator_id: OperatorId | None
    """None for a client that calls on its own."""
    client_id: ClientId | None
    scopes: frozenset[Scope]
    request_id: str

    @property
    def owner(self) -> None:
        """Whose data an answer to the caller holds: nobody's, as far as the caller tells."""

    def require(self, scopes: frozenset[Scope]) -> None:
        """Make sure that the caller has scopes it is about to give to somebody.

        Raises:
            InsufficientScope: it lacks one.
        """
        lacking = scopes - self.scopes
        if lacking:
            raise InsufficientScope(min(lacking))

    @property
    def actor(self) -> Actor:
        """The caller as audit events name them."""
        kind = ActorKind.CLIENT if self.operator_id is None else ActorKind.OPERATOR
        return Actor(kind, self.uuid, self.request_id)


@dataclass(frozen=True, slots=True)
class OperatedCustomer:
    """A customer in the hands of a caller, who may do what the request does."""

    caller: Caller
    customer: Customer

    @property
    def owner(self) -> CustomerId:
        """Whose data an answer holds."""
        return self.customer.id

    @property
    def uuid(self) -> str:
        """Public id of the caller's session."""
        return self.caller.session_uuid

    @property
    def impersonator(self) -> None:
        """Nobody: the caller acts as themselves."""

    @property
    def actor(self) -> Actor:
        """The caller as audit events name them."""
        return self.caller.actor


BackOfficeUnits = UnitsOfWork[Caller]
"""Units of work whose `read_as` and `write_as` hand out the caller of the back office."""
OperatedUnits = UnitsOfWork[OperatedCustomer]
"""Units of work whose `read_as` and `write_as` hand out the customer that the claims name, too."""
