"""The customers table, and the entities made of its rows."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy import (
    BigInteger,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from customer_api.core.db import Base, UnitsOfWork
from customer_api.core.ids import AddressId, CustomerId, Reference, SessionId
from customer_api.core.privacy import kept, personal
from customer_api.core.types import BigKey, Claims, UtcDateTime
from customer_api.customers.emails import EMAIL_LENGTH
from customer_api.customers.names import KEY_LENGTH

GENDERS: Final = ("Male", "Female")
_IS_LOCKED: Final = text("locked_at IS NOT NULL")
_IS_PRESENT: Final = text("anonymized_at IS NULL")
_IS_ANONYMIZED: Final = text("anonymized_at IS NOT NULL")
SALUTATIONS: Final = ("Mr", "Mrs", "Ms", "Dr", "n/a")


def _code_points(length: int) -> String:
    """Return the type of texts that both databases sort by code points, which is the order of pages."""
    return String(length, collation="C").with_variant(String(length), "sqlite")


class Status(StrEnum):
    """What a customer's account is good for."""

    UNCONFIRMED = "unconfirmed"
    REGISTERED = "registered"
    LOCKED = "locked"
    ANONYMIZED = "anonymized"


class CustomerRow(Base):
    """A person with an account; after erasure an empty shell that keeps its identity."""

    __tablename__ = "customers"
    __table_args__ = (
        ForeignKeyConstraint(
            ["default_billing_address_id", "id"],
            ["addresses.id", "addresses.customer_id"],
            name="fk_customers_default_billing_address",
            use_alter=True,
        ),
        ForeignKeyConstraint(
            ["default_shipping_address_id", "id"],
            ["addresses.id", "addresses.customer_id"],
            name="fk_customers_default_shipping_address",
            use_alter=True,
        ),
        Index("uq_customers_email_key", "email_key", unique=True),
        Index("uq_customers_reference", "reference", unique=True),
        Index(
            "ix_customers_unconfirmed",
            "id",
            postgresql_where=text("registered_at IS NULL AND anonymized_at IS NULL"),
            sqlite_where=text("registered_at IS NULL AND anonymized_at IS NULL"),
        ),
        Index(
            "ix_customers_locked",
            "id",
            postgresql_where=_IS_LOCKED,
            sqlite_where=_IS_LOCKED,
        ),
        Index(
            "ix_customers_anonymized",
            "id",
            postgresql_where=_IS_ANONYMIZED,
            sqlite_where=_IS_ANONYMIZED,
        ),
        *(
            Index(
                f"ix_customers_{name}",
                name,
                "id",
                postgresql_where=_IS_PRESENT,
                sqlite_where=_IS_PRESENT,
            )
            for name in ("email_key", "first_name_key", "last_name_key")
        ),
        Index("ix_customers_created_at", "created_at", "id"),
        Index("ix_customers_locale", "locale", "id"),
    )

    id: Mapped[int] = mapped_column(
        BigKey, Identity(), primary_key=True, info=kept("identity of orders and receipts")
    )
    reference: Mapped[str] = mapped_column(
        _code_points(64),
        info=kept("public identity of orders and receipts; says nothing of the person"),
    )
    email: Mapped[str] = mapped_column(String(EMAIL_LENGTH), info=personal())
    email_key: Mapped[str] = mapped_column(_code_points(EMAIL_LENGTH), info=personal())
    proven_email_key: Mapped[str | None] = mapped_column(String(EMAIL_LENGTH), info=personal())
    """The address whose mailbox the customer last proved to read; it may be a former one."""
    salutation: Mapped[str | None] = mapped_column(String(20), info=personal())
    first_name: Mapped[str | None] = mapped_column(String(100), info=personal())
    last_name: Mapped[str | None] = mapped_column(String(100), info=personal())
    first_name_key: Mapped[str] = mapped_column(
        _code_points(KEY_LENGTH), server_default="", info=personal()
    )
    last_name_key: Mapped[str] = mapped_column(
        _code_points(KEY_LENGTH), server_default="", info=personal()
    )
    gender: Mapped[str | None] = mapped_column(String(20), info=personal())
    date_of_birth: Mapped[date | None] = mapped_column(Date, info=personal())
    company: Mapped[str | None] = mapped_column(String(100), info=personal())
    phone: Mapped[str | None] = mapped_column(String(255), info=personal())
    locale: Mapped[str | None] = mapped_column(String(10), info=personal())
    registered_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
    default_billing_address_id: Mapped[int | None] = mapped_column(BigInteger, info=personal())
    default_shipping_address_id: Mapped[int | None] = mapped_column(BigInteger, info=personal())
    locked_at: Mapped[datetime | None] = mapped_column(UtcDateTime, info=personal())
    lock_reason: Mapped[str | None] = mapped_column(String(255), info=personal())
    anonymized_at: Mapped[datetime | None] = mapped_column(
        UtcDateTime, info=kept("proof that and when the person was erased")
    )
    created_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=kept("age of the account in statistics")
    )
    updated_at: Mapped[datetime] = mapped_column(
        UtcDateTime, info=kept("time of the last change, after erasure the erasure's")
    )
    version: Mapped[int] = mapped_column(Integer, info=kept("counts changes"))


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as the features see it. Times are UTC; None means not known or erased."""

    id: CustomerId
    reference: Reference
    email: str
    email_key: str
    salutation: str | None
    first_name: str | None
    last_name: str | None
    gender: str | None
    date_of_birth: date | None
    company: str | None
    phone: str | None
    locale: str | None
    registered_at: datetime | None
    default_billing_address_id: AddressId | None
    default_shipping_address_id: AddressId | None
    locked_at: datetime | None
    lock_reason: str | None
    anonymized_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int

    @property
    def is_registered(self) -> bool:
        """Whether the mailbox was confirmed."""
        return self.registered_at is not None

    @property
    def may_log_in(self) -> bool:
        """Whether the mailbox was confirmed and no operator has locked the account."""
        return self.is_registered and self.locked_at is None

    @property
    def status(self) -> Status:
        """What the account is good for."""
        if self.anonymized_at is not None:
            return Status.ANONYMIZED
        if self.locked_at is not None:
            return Status.LOCKED
        return Status.REGISTERED if self.is_registered else Status.UNCONFIRMED

    @property
    def state(self) -> str:
        """Name of the state: another one after each change of the profile."""
        return str(self.version)


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """What is known of a customer before the first row is written."""

    reference: Reference
    email: str
    salutation: str | None
    first_name: str | None
    last_name: str | None
    gender: str | None
    date_of_birth: date | None
    company: str | None
    phone: str | None
    locale: str | None
    registered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A live login of a customer; who holds one has passed the session check."""

    id: SessionId
    uuid: str
    customer: Customer
    impersonator: str | None = None
    """Id of the operator who acts as the customer; None when it is the customer."""

    @property
    def owner(self) -> CustomerId:
        """Whose session it is."""
        return self.customer.id


@dataclass(frozen=True, slots=True)
class ImpersonationClaims(Claims):
    """What the token of an operator who acts as a customer says, and what is asked for with it."""

    request_id: str
    request: str
    """Method and resource type, `PATCH addresses`."""
    fields: tuple[str, ...] = ()
    """Names of the attributes that were sent."""
    is_noted: bool = False
    """Whether the audit event of this use is written."""


class Access(Protocol):
    """What gives access to a customer: their own session, or an operator's permission."""

    @property
    def customer(self) -> Customer:
        """The customer, locked in a unit that writes."""

    @property
    def uuid(self) -> str:
        """Public id of the session that gives access."""

    @property
    def impersonator(self) -> str | None:
        """Id of the operator who acts as the customer; None for the customer, and for the back office."""


Units = UnitsOfWork[Session]
"""The units of work of this program: `read_as` and `write_as` hand out a customer's session."""
CustomerUnits = UnitsOfWork[Access]
"""Units for whoever may read and change a customer."""
