"""Erasing customers for them: a preview, a confirmed erasure, a receipt; and their personal data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from customer_api.anonymization import repository
from customer_api.anonymization.errors import ConfirmationStale, ReceiptNotFound
from customer_api.anonymization.export import ExportService, PersonalData
from customer_api.anonymization.holdings import HOLDINGS
from customer_api.anonymization.models import Actor, Receipt
from customer_api.anonymization.service import AnonymizationService, record_erasure
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.savepoints import taken_back
from customer_api.core.states import ANY_STATE, ExpectedState
from customer_api.credentials.keys import MailedKeys
from customer_api.customers.models import Customer
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.operators.models import CallerClaims, OperatedCustomer, OperatedUnits

CONFIRMATION_TTL_SECONDS: Final = 600


@dataclass(frozen=True, slots=True)
class Kept:
    """What stays of a customer in a table."""

    rows: int
    columns: Mapping[str, str]
    """Why each of the columns that are not wiped stays, by name in camel case."""


@dataclass(frozen=True, slots=True)
class ErasurePreview:
    """What an erasure would do at this moment."""

    reference: str
    erased: Mapping[str, int]
    """Rows that would be changed or deleted, by the anonymizer, in the order they run."""
    kept: Mapping[str, Kept]
    """What would stay, by table in camel case; tables with nothing left are not there."""
    confirmation: str
    """What the erasure takes, once."""
    expires_at: datetime


class OperatedErasure:
    """Erases customers in the hands of operators."""

    def __init__(
        self,
        *,
        units: OperatedUnits,
        clock: Clock,
        anonymization: AnonymizationService,
        exports: ExportService,
        keys: MailedKeys,
    ) -> None:
        self._units = units
        self._clock = clock
        self._anonymization = anonymization
        self._exports = exports
        self._keys = keys

    async def preview(self, claims: CallerClaims) -> ErasurePreview:
        """Tell what would go, and return what confirms it within ten minutes; an older one dies.

        Every anonymizer really runs, and is taken back.
        """

        def work(connection: Connection, operated: OperatedCustomer) -> ErasurePreview:
            customer = operated.customer
            # First, because the erasure will count it.
            confirmation = self._keys.issue(connection, customer.id)
            counts, kept = taken_back(
                connection,
                lambda it: (self._anonymization.run(it, customer), _kept(it, customer)),
            )
            return ErasurePreview(
                reference=customer.reference,
                erased=counts,
                kept=kept,
                confirmation=confirmation,
                expires_at=self._clock.now() + self._keys.ttl,
            )

        return await self._units.write_as(claims, work)

    async def erase(
        self,
        claims: CallerClaims,
        confirmation: str,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[None] = keep_nothing,
    ) -> None:
        """Erase a customer.

        Raises:
            StateOutdated: the customer is in none of the expected states.
            ConfirmationStale: it is none of this customer, was used, is too old or was replaced.
        """

        def work(connection: Connection, operated: OperatedCustomer) -> str:
            customer = operated.customer
            expected.require(customer.state)
            # Using a key locks its customer. To look whose it is comes first: two who confirm with
            # each other's keys would wait for each other.
            found = self._keys.find(connection, confirmation)
            is_ours = found is not None and found.customer_id == customer.id
            if not (is_ours and self._keys.use(connection, confirmation)):
                raise ConfirmationStale
            self._anonymization.erase(connection, customer, Actor.OPERATOR)
            keep(connection, None)
            return customer.reference

        reference = await self._units.write_as(claims, work)
        record_erasure(reference, Actor.OPERATOR)
        await self._units.scrub()

    async def receipt(self, claims: CallerClaims) -> Receipt:
        """Return the proof of an erasure.

        Raises:
            ReceiptNotFound: the customer was not erased.
        """

        def work(connection: Connection, operated: OperatedCustomer) -> Receipt:
            receipt = repository.find(connection, operated.customer.reference)
            if receipt is None:
                raise ReceiptNotFound
            return receipt

        return await self._units.read_as(claims, work)

    async def personal_data(self, claims: CallerClaims) -> PersonalData:
        """Return everything that is stored about a customer, as it is at one moment."""

        def work(connection: Connection, operated: OperatedCustomer) -> PersonalData:
            return self._exports.collect(connection, operated.customer)

        data = await self._units.write_as(claims, work)
        record(
            SecurityEvent.PERSONAL_DATA_EXPORTED, reference=data.reference, session=claims.session
        )
        return data


def _kept(connection: Connection, customer: Customer) -> dict[str, Kept]:
    parameters = {"customer": customer.id, "email_key": customer.email_key}
    kept = {
        holding.part: Kept(
            int(connection.execute(holding.count_statement(), parameters).scalar_one()),
            holding.kept_columns(),
        )
        for holding in HOLDINGS
    }
    return {part: it for part, it in kept.items() if it.rows}
