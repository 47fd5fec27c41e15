"""Whom a mailing of links for new passwords concerns."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from customer_api.audit.models import Action, AuditEventRow
from customer_api.core.ids import CustomerId
from customer_api.credentials.models import CredentialRow, OneTimeKeyRow, Purpose
from customer_api.customers.models import CustomerRow


class MailingKind(StrEnum):
    """What a mailing is for."""

    RESET = "reset"
    """Passwords are removed and sessions end; confirmed customers get a mail."""
    INVITATION = "invitation"
    """Passwords stay; confirmed customers get a mail."""
    FIRST = "first"
    """Customers without a password get a mail; unconfirmed ones if they never had one."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Customers that a mailing concerns; anonymized ones never are among them."""

    kind: MailingKind
    locales: tuple[str, ...] = ()
    """Locales that customers chose, such as `de_DE`; none means any, and no choice."""
    created_from: datetime | None = None
    created_before: datetime | None = None
    skips_pending: bool = False
    """Whether customers are left out who have a restore key that works."""
    references: Callable[[], Iterable[str]] | None = None
    """Starts a reading of the references of those who alone are concerned; None means all."""

    @property
    def noted(self) -> tuple[str, ...]:
        """What the audit notes of it: the kind, and names of what narrows it."""
        given = {
            "locale": bool(self.locales),
            "created_from": self.created_from is not None,
            "created_before": self.created_before is not None,
            "only_without_pending": self.skips_pending,
            "references": self.references is not None,
        }
        return (self.kind.value, *(name for name, is_given in given.items() if is_given))


@dataclass(frozen=True, slots=True)
class MailingRun:
    """A mailing that was started, and can be continued."""

    id: str
    """A random uuid; audit events about customers have it as their request id."""
    started_at: datetime
    """Who came later is not concerned."""


def find_run(connection: Connection, audience: Audience, run_id: str) -> MailingRun | None:
    """Return the run with this id, if its audience was narrowed by the same options."""
    statement = select(AuditEventRow.at, AuditEventRow.fields).where(
        AuditEventRow.subject == run_id,
        AuditEventRow.action == Action.PASSWORD_MAILING_STARTED,
    )
    row = connection.execute(statement).one_or_none()
    if row is None or row.fields.split(",") != list(audience.noted):
        return None
    return MailingRun(run_id, row.at)


def list_due(
    connection: Connection,
    audience: Audience,
    run: MailingRun,
    *,
    after: CustomerId,
    limit: int,
    now: datetime,
) -> tuple[CustomerId, ...]:
    """Return the next customers whom the run has not reached, in the order of their ids."""
    statement = _due(audience, run, now).where(CustomerRow.id > after).limit(limit)
    return tuple(CustomerId(found) for found in connection.execute(statement).scalars())


def list_due_among(
    connection: Connection,
    audience: Audience,
    run: MailingRun,
    *,
    references: Sequence[str],
    now: datetime,
) -> tuple[CustomerId, ...]:
    """Like `list_due`, of the customers with these references."""
    statement = _due(audience, run, now).where(CustomerRow.reference.in_(references))
    return tuple(CustomerId(found) for found in connection.execute(statement).scalars())


def is_due(
    connection: Connection,
    audience: Audience,
    run: MailingRun,
    customer_id: CustomerId,
    *,
    now: datetime,
) -> bool:
    """Tell whether the run concerns a customer and has not reached them.

    Ask under the lock of the customer, so that two processes never reach the same one.
    """
    statement = _due(audience, run, now).where(CustomerRow.id == customer_id)
    return connection.execute(statement).first() is not None


def count_due(connection: Connection, audience: Audience, run: MailingRun, *, now: datetime) -> int:
    """Return how many customers the run has to reach yet; references are not looked at."""
    due = _due(audience, run, now).order_by(None).subquery()
    return connection.execute(select(func.count()).select_from(due)).scalar_one()


def _due(audience: Audience, run: MailingRun, now: datetime) -> Select[int]:
    conditions = [
        CustomerRow.anonymized_at.is_(None),
        CustomerRow.created_at <= run.started_at,
        _IS_CONCERNED[audience.kind],
        ~exists().where(
            AuditEventRow.subject == CustomerRow.reference, AuditEventRow.request_id == run.id
        ),
    ]
    if audience.locales:
        conditions.append(CustomerRow.locale.in_(audience.locales))
    if audience.created_from is not None:
        conditions.append(CustomerRow.created_at >= audience.created_from)
    if audience.created_before is not None:
        conditions.append(CustomerRow.created_at < audience.created_before)
    if audience.skips_pending:
        conditions.append(~_has_pending_key(now))
    return select(CustomerRow.id).where(*conditions).order_by(CustomerRow.id)


def _has_pending_key(now: datetime) -> ColumnElement[bool]:
    return exists().where(
        OneTimeKeyRow.customer_id == CustomerRow.id,
        OneTimeKeyRow.purpose == Purpose.RESTORE,
        OneTimeKeyRow.used_at.is_(None),
        OneTimeKeyRow.expires_at > now,
    )


_IS_CONFIRMED: Final = CustomerRow.registered_at.is_not(None)
_HAS_PASSWORD: Final = exists().where(
    CredentialRow.customer_id == CustomerRow.id, CredentialRow.password_hash.is_not(None)
)
_HAD_PASSWORD: Final = exists().where(CredentialRow.customer_id == CustomerRow.id)
_IS_CONCERNED: Final = {
    MailingKind.RESET: or_(_IS_CONFIRMED, _HAS_PASSWORD),
    MailingKind.INVITATION: _IS_CONFIRMED,
    # An unconfirmed customer who had a password registered with it, and nobody knows whose mailbox it is.
    MailingKind.FIRST: and_(~_HAS_PASSWORD, or_(_IS_CONFIRMED, ~_HAD_PASSWORD)),
}
