"""Which tables hold something about customers: how a customer's rows are found, and who wipes them.

The data map and the export of personal data are made from this list, so neither can forget a column:
a table with a personal column that is missing here fails a test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute

from customer_api.addresses.models import AddressRow
from customer_api.audit.models import IMPERSONATIONS, AuditEventRow
from customer_api.core.db import Base
from customer_api.core.privacy import is_personal, is_secret
from customer_api.credentials.models import CredentialRow, OneTimeKeyRow
from customer_api.customers.models import CustomerRow
from customer_api.groups.models import GroupRow, MemberRow
from customer_api.idempotency.models import IdempotentRequestRow
from customer_api.mail.models import MailRow
from customer_api.newsletter.models import RequestRow, SubscriptionRow, TypeRow
from customer_api.notes.models import NoteRow
from customer_api.orders.models import OrderRow
from customer_api.passwords.models import RestoreRequestRow
from customer_api.registration.models import RegistrationRow
from customer_api.security.counters import CounterRow
from customer_api.tokens.models import RefreshTokenRow, SessionRow

CUSTOMER: Final[BindParameter[int]] = bindparam("customer")
"""The customer's internal id."""
EMAIL_KEY: Final[BindParameter[str]] = bindparam("email_key")
"""The normal form of the customer's address."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A table with rows about customers."""

    row: type[Base]
    owner: ColumnElement[bool]
    """Condition that selects a customer's rows, by `CUSTOMER` or `EMAIL_KEY`."""
    anonymizer: str
    """Name of the anonymizer that wipes its personal columns; empty where there are none."""
    shown_as: Mapping[str, ScalarSelect[Any]] = field(default_factory=dict)
    """What an export shows in place of columns that mean nothing outside of the database."""

    @property
    def table(self) -> Table:
        """The table itself."""
        table = self.row.__table__
        assert isinstance(table, Table)
        return table

    @property
    def part(self) -> str:
        """Name of the export's part with these rows."""
        return camel_case(self.table.name)

    @property
    def columns(self) -> tuple[Column[Any], ...]:
        """The columns of the export: all but internal ids; secrets are named, never shown."""
        return tuple(
            column
            for column in self.table.columns
            if is_personal(column) or not (column.primary_key or column.foreign_keys)
        )

    def statement(self) -> Select[*tuple[Any, ...]]:
        """Return the statement that selects `columns` of a customer, oldest row first.

        Of secrets it selects only whether there is something.
        """
        shown = [self._shown(column).label(column.name) for column in self.columns]
        return select(*shown).where(self.owner).order_by(*self.table.primary_key)

    def count_statement(self) -> Select[*tuple[Any, ...]]:
        """Return the statement that counts a customer's rows."""
        return select(func.count()).select_from(self.table).where(self.owner)

    def kept_columns(self) -> dict[str, str]:
        """Return why the columns that erasure does not wipe stay, by name in camel case."""
        return {
            camel_case(column.name): column.info["reason"]
            for column in self.table.columns
            if not is_personal(column)
        }

    def _shown(self, column: Column[Any]) -> ColumnElement[Any]:
        if is_secret(column):
            return column.is_not(None)
        return self.shown_as.get(column.name, column)


def camel_case(name: str) -> str:
    """Return a name of the database as the API writes names."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _address_uuid(column: InstrumentedAttribute[int | None]) -> ScalarSelect[str]:
    return select(AddressRow.uuid).where(AddressRow.id == column).scalar_subquery()


def _reference() -> ScalarSelect[str]:
    return select(CustomerRow.reference).where(CustomerRow.id == CUSTOMER).scalar_subquery()


def _as_proven_guest() -> ColumnElement[bool]:
    """Return the condition of orders that the customer could claim."""
    has_proven = exists().where(
        CustomerRow.id == CUSTOMER, CustomerRow.proven_email_key == EMAIL_KEY
    )
    return and_(OrderRow.guest_email_key == EMAIL_KEY, has_proven)


HOLDINGS: Final = (
    Holding(
        CustomerRow,
        CustomerRow.id == CUSTOMER,
        "customer",
        {
            "default_billing_address_id": _address_uuid(CustomerRow.default_billing_address_id),
            "default_shipping_address_id": _address_uuid(CustomerRow.default_shipping_address_id),
        },
    ),
    Holding(AddressRow, AddressRow.customer_id == CUSTOMER, "addresses"),
    Holding(NoteRow, NoteRow.customer_id == CUSTOMER, "notes"),
    Holding(
        MemberRow,
        MemberRow.customer_id == CUSTOMER,
        "groups",
        {
            "group_id": select(GroupRow.name)
            .where(GroupRow.id == MemberRow.group_id)
            .scalar_subquery()
        },
    ),
    Holding(
        SubscriptionRow,
        SubscriptionRow.customer_id == CUSTOMER,
        "newsletter",
        {
            "type_id": select(TypeRow.name)
            .where(TypeRow.id == SubscriptionRow.type_id)
            .scalar_subquery()
        },
    ),
    Holding(RequestRow, RequestRow.email_key == EMAIL_KEY, "newsletter"),
    Holding(OrderRow, or_(OrderRow.customer_id == CUSTOMER, _as_proven_guest()), "guest_orders"),
    Holding(RegistrationRow, RegistrationRow.customer_id == CUSTOMER, "customer"),
    Holding(CredentialRow, CredentialRow.customer_id == CUSTOMER, "credentials"),
    Holding(OneTimeKeyRow, OneTimeKeyRow.customer_id == CUSTOMER, "credentials"),
    Holding(SessionRow, SessionRow.customer_id == CUSTOMER, "tokens"),
    Holding(
        RefreshTokenRow,
        RefreshTokenRow.session_id.in_(
            select(SessionRow.id).where(SessionRow.customer_id == CUSTOMER)
        ),
        "tokens",
    ),
    Holding(MailRow, MailRow.customer_id == CUSTOMER, "mail"),
    Holding(IdempotentRequestRow, IdempotentRequestRow.customer_id == CUSTOMER, "idempotency"),
    Holding(RestoreRequestRow, RestoreRequestRow.email_key == EMAIL_KEY, "restore_requests"),
    Holding(CounterRow, CounterRow.subject == EMAIL_KEY, "rate_limits"),
    Holding(
        AuditEventRow,
        and_(
            AuditEventRow.subject == _reference(),
            AuditEventRow.action.in_(IMPERSONATIONS),
        ),
        "",
    ),
)
"""In the order of the export's parts.

Of audit events a customer is shown what operators did in their place. They are evidence and stay.

By address, only the present one is shown. Erasure also looks for former and wished-for ones, but
whoever shows them could show what is another person's. Orders of a guest are shown to who has proven
to read that mailbox.
"""
