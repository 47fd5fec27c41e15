"""What there is about a customer, for the customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, Connection, Row, Select

from customer_api.anonymization.errors import ReauthenticationRequired
from customer_api.anonymization.holdings import HOLDINGS, Holding, camel_case
from customer_api.core.clock import Clock
from customer_api.core.privacy import is_secret
from customer_api.core.types import Claims
from customer_api.customers.mails import mail_to
from customer_api.customers.models import Customer, Session, Units
from customer_api.customers.service import require_customer, require_owner
from customer_api.mail.message import PERSONAL_DATA_EXPORTED
from customer_api.mail.outbox import Outbox
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.plugin import ExportContext, Exporter
from customer_api.security.rate_limit import MailboxLimits
from customer_api.tokens import repository as tokens

_STATEMENTS: Final[tuple[tuple[Holding, Select[*tuple[Any, ...]]], ...]] = tuple(
    (holding, holding.statement()) for holding in HOLDINGS
)

Part = Sequence[Mapping[str, object]]
"""Rows of one table, or things of one plugin; values are JSON values and moments."""


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Everything that is stored about a customer and that erasure wipes, and what goes with it."""

    reference: str
    parts: Mapping[str, Part]
    """By table, in camel case, all of them; column names are in camel case, too."""
    plugins: Mapping[str, Part]
    """By the name of the exporter."""
    not_shown: tuple[str, ...]
    """Secrets that are stored, as `part.name`; their values are shown to nobody."""


class ExportService:
    """Shows customers what is stored about them."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        outbox: Outbox,
        mailboxes: MailboxLimits,
        exporters: Sequence[Exporter],
        fresh_login_seconds: int,
    ) -> None:
        self._units = units
        self._clock = clock
        self._outbox = outbox
        self._mailboxes = mailboxes
        self._exporters = exporters
        self._fresh_login_seconds = fresh_login_seconds

    async def export(self, claims: Claims, reference: str) -> PersonalData:
        """Return everything about the customer who calls, and tell the mailbox of it.

        It is collected under the lock of the customer's row, so it is of one moment.

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
            NotWhileImpersonating: an operator acts as the customer.
            ReauthenticationRequired: the session's login is too long ago.
        """

        def work(connection: Connection, session: Session) -> PersonalData:
            require_owner(session, reference)
            require_customer(session)
            self._require_fresh(connection, session)
            data = self.collect(connection, session.customer)
            if self._mailboxes.allow_notice(connection, session.customer.email_key):
                self._outbox.put(connection, mail_to(session.customer, PERSONAL_DATA_EXPORTED))
            return data

        data = await self._units.write_as(claims, work)
        record(SecurityEvent.PERSONAL_DATA_EXPORTED, reference=reference, session=claims.session)
        return data

    def _require_fresh(self, connection: Connection, session: Session) -> None:
        age = self._clock.now() - tokens.started_at(connection, session.id)
        if age > timedelta(seconds=self._fresh_login_seconds):
            raise ReauthenticationRequired(self._fresh_login_seconds)

    def collect(self, connection: Connection, customer: Customer) -> PersonalData:
        """Return everything about a locked customer."""
        parameters = {"customer": customer.id, "email_key": customer.email_key}
        parts: dict[str, Part] = {}
        not_shown: list[str] = []
        for holding, statement in _STATEMENTS:
            rows = connection.execute(statement, parameters).all()
            parts[holding.part] = [_shown(row, holding.columns) for row in rows]
            not_shown += [
                f"{holding.part}.{camel_case(column.name)}"
                for column in holding.columns
                if is_secret(column) and any(getattr(row, column.name) for row in rows)
            ]
        context = ExportContext(
            connection=connection,
            customer_id=customer.id,
            reference=customer.reference,
            email_key=customer.email_key,
        )
        plugins = {exporter.name: exporter.export(context) for exporter in self._exporters}
        return PersonalData(customer.reference, parts, plugins, tuple(not_shown))


def _shown(row: Row[*tuple[Any, ...]], columns: Sequence[Column[Any]]) -> Mapping[str, object]:
    return {
        camel_case(column.name): _value(getattr(row, column.name))
        for column in columns
        if not is_secret(column)
    }


def _value(value: object) -> object:
    """Return a stored value as JSON can have it, moments apart, which the API writes in its way."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    return value
