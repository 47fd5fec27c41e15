"""Importing rows of any kind, in batches."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from customer_api.audit import repository as audit
from customer_api.audit.models import COMMAND_LINE, Action
from customer_api.core.clock import Clock
from customer_api.core.db import UnitsOfWork
from customer_api.core.ids import Reference
from customer_api.transfers.columns import Columns
from customer_api.transfers.report import ImportSummary, Refusal
from customer_api.transfers.rows import Row

BATCH: Final = 2000
"""Rows of one transaction."""

LOST_RACE: Final = "another writer came in between; import the file again"


class Record(Protocol):
    """A row whose every cell is valid."""

    @property
    def line(self) -> int:
        """Where the row stands."""

    @property
    def reference(self) -> Reference | None:
        """The customer whom it is about, for the report."""

    @property
    def keys(self) -> Collection[str]:
        """What it is known by: a batch has none of them twice, and any number of records without."""


class Plan(Protocol):
    """What is done with a batch."""

    @property
    def refusals(self) -> Sequence[Refusal]:
        """Rows that are left out."""

    def summary(self) -> ImportSummary:
        """Return the counts, refusals included."""


RecordT = TypeVar("RecordT", bound=Record)


class ImportKind(ABC, Generic[RecordT]):
    """What is particular to the files of one kind."""

    action: Action
    """What is noted of an import."""
    columns: Columns

    @abstractmethod
    def parse(self, row: Row) -> RecordT | Refusal:
        """Return what a row says; a refusal names every bad cell."""

    async def prepared(self, records: Sequence[RecordT]) -> Sequence[RecordT]:
        """Return the records after what takes long and must not hold up a transaction."""
        return records

    @abstractmethod
    def plan(self, connection: Connection, records: Sequence[RecordT]) -> Plan:
        """Compare a batch with the database; nothing is written."""

    @abstractmethod
    def write(self, connection: Connection, records: Sequence[RecordT]) -> Plan:
        """Plan a batch and write it, in the order of the file.

        Raises:
            IntegrityError: another writer came in between; the batch is repeated row by row.
        """


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is, with everything before committed and reported."""

    line: int = 0
    """The last line that was dealt with."""
    summary: ImportSummary = field(default_factory=ImportSummary)
    """What became of the rows up to it."""


BEGINNING: Final = Progress()


class Importer(Generic[RecordT]):
    """Creates and changes things, row by row in the order of the file, in batches."""

    def __init__(
        self,
        kind: ImportKind[RecordT],
        *,
        units: UnitsOfWork[Any],
        clock: Clock,
        report: Callable[[Refusal], None],
        is_dry_run: bool = False,
    ) -> None:
        """Take collaborators.

        Args:
            kind: of what the rows are.
            units: the database.
            clock: tells when the import began.
            report: told of each refused row, in the order of the file.
            is_dry_run: whether nothing is written. Each batch then meets the database as it is, so
                that what comes again in a later batch is not noticed.
        """
        self._kind = kind
        self._units = units
        self._clock = clock
        self._report = report
        self._is_dry_run = is_dry_run

    async def run(
        self,
        rows: Iterable[Row | Refusal],
        *,
        header: Sequence[str] | None = None,
        start: Progress = Progress(),
        advanced: Callable[[Progress], None] = lambda _: None,
    ) -> ImportSummary:
        """Import the rows behind the start; what was imported before an error stays.

        Doing it again changes nothing. An audit event with the columns of `header`, None for all that
        there can be, is written first, so that one tells of an import that fails, too. `advanced` is
        called after each batch.

        Raises:
            DatabaseUnavailable: the database cannot be reached (any more).
        """
        if not self._is_dry_run:
            await self._units.write(partial(self._note, header or self._kind.columns.names))
        summary = start.summary
        left = (row for row in rows if row.line > start.line)
        for batch in _batches(left, self._kind.parse):
            plans = await self._import(list(batch.records)) if batch.records else []
            refusals = [*batch.refusals, *(refusal for plan in plans for refusal in plan.refusals)]
            for refusal in sorted(refusals, key=lambda it: it.line):
                self._report(refusal)
            for plan in plans:
                summary += plan.summary()
            summary += ImportSummary(refused=len(batch.refusals))
            advanced(Progress(batch.line, summary))
        return summary

    async def _import(self, records: Sequence[RecordT]) -> Sequence[Plan]:
        """Import a batch in one transaction, or each row in its own if another writer interferes."""
        kind = self._kind
        records = await kind.prepared(records)
        if self._is_dry_run:
            return [await self._units.read(lambda it: kind.plan(it, records))]
        try:
            return [await self._units.write(lambda it: kind.write(it, records))]
        except IntegrityError:
            if len(records) > 1:
                return [plan for record in records for plan in await self._import([record])]
        (record,) = records
        return [_Lost([Refusal(record.line, record.reference, LOST_RACE)])]

    def _note(self, columns: Sequence[str], connection: Connection) -> None:
        now = self._clock.now()
        audit.add(connection, COMMAND_LINE, self._kind.action, "", now=now, fields=columns)


@dataclass(frozen=True, slots=True)
class _Lost:
    refusals: Sequence[Refusal]

    def summary(self) -> ImportSummary:
        return ImportSummary(refused=len(self.refusals))


@dataclass(slots=True)
class _Batch(Generic[RecordT]):
    records: list[RecordT] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)
    line: int = 0

    def takes(self, parsed: RecordT | Refusal) -> bool:
        if len(self.records) + len(self.refusals) >= BATCH:
            return False
        return isinstance(parsed, Refusal) or self.keys.isdisjoint(parsed.keys)

    def add(self, parsed: RecordT | Refusal) -> None:
        self.line = parsed.line
        if isinstance(parsed, Refusal):
            self.refusals.append(parsed)
            return
        self.records.append(parsed)
        self.keys.update(parsed.keys)


def _batches(
    rows: Iterable[Row | Refusal], parse: Callable[[Row], RecordT | Refusal]
) -> Iterator[_Batch[RecordT]]:
    """Yield what was read; a key that comes again begins a new batch."""
    batch: _Batch[RecordT] = _Batch()
    for row in rows:
        parsed = parse(row) if isinstance(row, Row) else row
        if not batch.takes(parsed):
            yield batch
            batch = _Batch()
        batch.add(parsed)
    if batch.line:
        yield batch
