"""Importing the customers of another shop."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from customer_api.core.clock import Clock
from customer_api.core.ids import CustomerId, Reference
from customer_api.credentials import repository as credentials
from customer_api.credentials.models import Purpose
from customer_api.credentials.voiding import void_all_keys, void_keys, void_keys_of_password
from customer_api.customers import references
from customer_api.customers.models import Units
from customer_api.security import counters
from customer_api.security.hashing import PasswordHasher
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository as tokens
from customer_api.transfers.csv_rows import CsvRow
from customer_api.transfers.customers import statements
from customer_api.transfers.customers.columns import CustomerColumns, CustomerRecord
from customer_api.transfers.customers.plan import BatchPlan, BatchPlanner
from customer_api.transfers.report import ImportSummary, Refusal

BATCH: Final = 500
"""Rows of one transaction."""

LOST_RACE: Final = "the reference or the e-mail was taken while this ran; import the file again"


@dataclass(frozen=True, slots=True)
class ImportRules:
    """What the caller decides about an import."""

    is_dry_run: bool
    """Whether nothing is written. Each batch then meets the database as it is, so that an e-mail
    that comes again in a later batch is not noticed."""
    overwrites_passwords: bool
    """Whether digests replace others, which ends the sessions, or only fill gaps."""


class CustomerImporter:
    """Creates and changes customers, row by row in the order of the file, in batches.

    Nobody gets a mail, and customers that were never confirmed are kept.
    """

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        hasher: PasswordHasher,
        store: str,
        rules: ImportRules,
        report: Callable[[Refusal], None],
    ) -> None:
        """Take collaborators.

        Args:
            units: the database.
            clock: tells when things were changed.
            hasher: hashes clear texts.
            store: prefix of the references that this shop counts.
            rules: what the caller decided.
            report: told of each refused row, in the order of the file.
        """
        self._units = units
        self._clock = clock
        self._hasher = hasher
        self._store = store
        self._rules = rules
        self._report = report

    async def run(
        self, rows: Iterable[CsvRow | Refusal], columns: CustomerColumns
    ) -> ImportSummary:
        """Import rows until they end; what was imported before an error stays.

        Doing it again changes nothing.

        Raises:
            DatabaseUnavailable: the database cannot be reached (any more).
        """
        summary = ImportSummary()
        for batch in _batches(rows, columns):
            plans = await self._import(list(batch.records.values())) if batch.records else []
            refusals = [*batch.refusals, *(refusal for plan in plans for refusal in plan.refusals)]
            for refusal in sorted(refusals, key=lambda it: it.line):
                self._report(refusal)
            for plan in plans:
                summary += plan.summary()
            summary += ImportSummary(refused=len(batch.refusals))
        return summary

    async def _import(self, records: Sequence[CustomerRecord]) -> list[BatchPlan]:
        """Import a batch in one transaction, or each row in its own if another writer interferes."""
        hashes = await self._hashes(records)
        if self._rules.is_dry_run:
            return [await self._units.read(lambda it: self._plan(it, records, hashes))]
        try:
            return [await self._units.write(lambda it: self._write(it, records, hashes))]
        except IntegrityError:
            if len(records) > 1:
                return [plan for record in records for plan in await self._import([record])]
        (record,) = records
        return [BatchPlan(refusals=[Refusal(record.line, record.reference, LOST_RACE)])]

    def _plan(
        self,
        connection: Connection,
        records: Sequence[CustomerRecord],
        hashes: dict[Reference, str],
    ) -> BatchPlan:
        keys = [str(record.values["email_key"]) for record in records]
        planner = BatchPlanner(
            stored=statements.find_stored(connection, [it.reference for it in records]),
            owners=statements.find_owners(connection, keys),
            hashes=hashes,
            overwrites_passwords=self._rules.overwrites_passwords,
        )
        return planner.plan(records)

    def _write(
        self,
        connection: Connection,
        records: Sequence[CustomerRecord],
        hashes: dict[Reference, str],
    ) -> BatchPlan:
        statements.expect_growth(connection)
        # First of all, as at a sign-up: who locks in another order waits for ever.
        references.skip_imported(connection, self._store, [it.reference for it in records])
        plan = self._plan(connection, records, hashes)
        now = self._clock.now()
        statements.change(connection, plan.changed, now=now)  # may free addresses for new customers
        ids = statements.add(connection, plan.new, now=now)
        first_hashes = [(ids[reference], it) for reference, it in plan.first_hashes.items()]
        statements.add_password_hashes(connection, first_hashes, now=now)
        for customer_id in plan.moved:  # the old mailbox must not restore the password
            void_all_keys(connection, customer_id, now=now)
            tokens.end_all_sessions(connection, customer_id, EndReason.EMAIL_CHANGED, now=now)
        for former in sorted(plan.moved.values()):  # in one order, as they are locked
            counters.forget(connection, former)
        for customer_id, password_hash in plan.hashes.items():
            self._replace_password(connection, customer_id, password_hash)
        return plan

    def _replace_password(
        self, connection: Connection, customer_id: CustomerId, password_hash: str
    ) -> None:
        now = self._clock.now()
        credentials.set_password_hash(connection, customer_id, password_hash, now=now)
        void_keys_of_password(connection, customer_id, now=now)
        # Nor may an earlier change be taken back: that would remove the password of the shop.
        void_keys(connection, customer_id, Purpose.PASSWORD_UNDO, now=now)
        tokens.end_all_sessions(connection, customer_id, EndReason.PASSWORD_CHANGED, now=now)

    async def _hashes(self, records: Iterable[CustomerRecord]) -> dict[Reference, str]:
        """Return the digests of a batch; clear texts are hashed where that may be needed."""
        hashes: dict[Reference, str] = {}
        clear_texts: dict[Reference, SecretStr] = {}
        for record in records:
            if isinstance(record.password, SecretStr):
                clear_texts[record.reference] = record.password
            elif record.password is not None:
                hashes[record.reference] = record.password
        if clear_texts:
            stored = await self._units.read(
                lambda it: statements.find_stored(it, list(clear_texts))
            )
            for reference, password in clear_texts.items():
                known = stored[reference].password_hash if reference in stored else None
                hashes[reference] = await self._hash(password.get_secret_value(), known)
        return hashes

    async def _hash(self, password: str, known: str | None) -> str:
        """Return the known digest where it serves, else a new one."""
        if known is not None:
            is_kept = not self._rules.overwrites_passwords
            if is_kept or (await self._hasher.verify(password, known)).matches:
                return known
        return await self._hasher.hash(password)


@dataclass(slots=True)
class _Batch:
    records: dict[Reference, CustomerRecord] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)

    def has_room(self) -> bool:
        return len(self.records) + len(self.refusals) < BATCH


def _batches(rows: Iterable[CsvRow | Refusal], columns: CustomerColumns) -> Iterator[_Batch]:
    """Yield what was read; a reference that comes again begins a new batch."""
    batch = _Batch()
    for row in rows:
        parsed = columns.parse(row) if isinstance(row, CsvRow) else row
        if not batch.has_room() or parsed.reference in batch.records:
            yield batch
            batch = _Batch()
        if isinstance(parsed, CustomerRecord):
            batch.records[parsed.reference] = parsed
        else:
            batch.refusals.append(parsed)
    yield batch
