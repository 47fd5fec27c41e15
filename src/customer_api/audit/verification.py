"""Finding what was done to audit events behind the back of the program.

All seals are made anew from the rows and compared. Rows are read in parts, so memory does not grow with
their number.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Dialect,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute
from typing_extensions import override

from customer_api.audit import seal_repository
from customer_api.audit.models import AuditEventRow, SealedEventRow, SealRow, UnsealedEventRow
from customer_api.audit.seal_repository import EVENT_COLUMNS, IS_SEALED, to_seal
from customer_api.audit.seals import NO_HASH, Seal, digest_of, hash_of
from customer_api.core.types import UtcDateTime

PART: Final = 1000
"""Rows that are in memory at once."""
LATE: Final = timedelta(days=1)
"""How much older than events of earlier seals an event may be. Long transactions and wrong clocks make
far less of a difference."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Moment(UtcDateTime):
    """A moment, and `_LONG_AGO` for what is none: columns of SQLite hold whatever is put there."""

    cache_ok = True

    @override
    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        process = super().result_processor(dialect, coltype)
        assert process is not None, "it gives the zone back"

        def read(value: object) -> datetime | None:
            try:
                return process(value)
            except (TypeError, ValueError):
                return _LONG_AGO

        return read


_SEALS: Final = select(
    *(it for it in SealRow.__table__.columns if it.name != "sealed_at"),
    type_coerce(SealRow.sealed_at, _Moment).label("sealed_at"),
)
_SEALED: Final = select(
    SealedEventRow.seal_number,
    SealedEventRow.event_id,
    SealedEventRow.uuid.label("sealed_uuid"),
    SealedEventRow.digest,
    *(it for it in EVENT_COLUMNS if it is not AuditEventRow.at),
    type_coerce(AuditEventRow.at, _Moment).label("at"),
).join(AuditEventRow, AuditEventRow.uuid == SealedEventRow.uuid, isouter=True)
_SAME: Final = and_(
    UnsealedEventRow.event_id == AuditEventRow.id, UnsealedEventRow.uuid == AuditEventRow.uuid
)
_UNKNOWN: Final = select(AuditEventRow.id, AuditEventRow.uuid).where(
    ~IS_SEALED, ~exists().where(_SAME)
)
_GONE: Final = select(UnsealedEventRow.event_id, UnsealedEventRow.uuid).where(
    ~exists().where(_SAME)
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as the program left it."""

    what: str
    seal: int | None = None
    event: str | None = None
    """Uuid."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What was looked at."""

    seals: int
    sealed: int
    """Events under seals, those that are gone included."""
    waiting: int
    """Events without a seal."""
    newest: Seal | None
    has_expected: bool
    """Whether a seal has the expected hash; True when none was expected."""


def verify(
    connection: Connection,
    report: Callable[[Finding], None],
    *,
    expected_hash: str | None = None,
) -> Tally:
    """Compare all seals with the events, report what differs, and return what was looked at.

    The connection must show one state of the database throughout.
    """
    walk = _Walk(report, expected_hash)
    walk.run(
        map(to_seal, _parts(connection, _SEALS, number=SealRow.number)),
        _parts(
            connection,
            _SEALED,
            seal_number=SealedEventRow.seal_number,
            event_id=SealedEventRow.event_id,
        ),
    )
    for row in _parts(connection, _UNKNOWN, id=AuditEventRow.id):
        report(Finding("is neither sealed nor waiting: added by other means", event=row.uuid))
    for row in _parts(
        connection, _GONE, event_id=UnsealedEventRow.event_id, uuid=UnsealedEventRow.uuid
    ):
        report(Finding("was removed before it was sealed", event=row.uuid))
    return Tally(
        seals=walk.seals,
        sealed=walk.sealed,
        waiting=seal_repository.count_waiting(connection),
        newest=walk.newest,
        has_expected=walk.has_expected,
    )


class _Walk:
    """Goes along the seals and what is under them, both in order."""

    def __init__(self, report: Callable[[Finding], None], expected_hash: str | None) -> None:
        self._report = report
        self._expected_hash = expected_hash
        self._youngest = self._youngest_here = _LONG_AGO
        """When the youngest event was: of the seals before, and of the present one."""
        self.seals = 0
        self.sealed = 0
        self.newest: Seal | None = None
        self.has_expected = expected_hash is None

    def run(self, seals: Iterator[Seal], sealed: Iterable[Row[Any]]) -> None:
        """Report what differs."""
        seal = next(seals, None)
        for number, rows in groupby(sealed, key=lambda row: row.seal_number):
            while seal is not None and seal.number < number:
                self._check_seal(seal, ())
                seal = next(seals, None)
            if seal is not None and seal.number == number:
                self._check_seal(seal, rows)
                seal = next(seals, None)
            else:
                if seal is None or number < 1:  # else the next seal tells of the gap before it
                    self._report(Finding("is missing, but events are under it", seal=number))
                for _ in self._digests(rows):
                    pass
        while seal is not None:
            self._check_seal(seal, ())
            seal = next(seals, None)

    def _check_seal(self, seal: Seal, rows: Iterable[Row[Any]]) -> None:
        self._check_place(seal)
        sealed_before, self._youngest_here = self.sealed, _LONG_AGO
        is_good = hash_of(seal, self._digests(rows)) == seal.hash
        count = self.sealed - sealed_before
        if not is_good or count != seal.events:
            text = f"was changed, or what is under it ({count} of {seal.events} events)"
            self._report(Finding(text, seal=seal.number))
        # A clock that was wrong for once must not cast doubt on all that came after.
        self._youngest = max(self._youngest, min(self._youngest_here, seal.sealed_at))
        self.seals += 1
        self.newest = seal
        self.has_expected = self.has_expected or seal.hash == self._expected_hash

    def _check_place(self, seal: Seal) -> None:
        before = self.newest
        place = 1 if before is None else before.number + 1
        if seal.number != place:
            text = f"is missing; the next one there is {seal.number}"
            self._report(Finding(text, seal=place))
        elif seal.previous_hash != (NO_HASH if before is None else before.hash):
            self._report(Finding("does not continue the seal before it", seal=seal.number))

    def _digests(self, rows: Iterable[Row[Any]]) -> Iterator[str]:
        """Yield what digests events had when they were sealed; report which have another now."""
        for row in rows:
            self.sealed += 1
            if what := self._fault_of(row):
                self._report(Finding(what, seal=row.seal_number, event=row.sealed_uuid))
            else:
                self._youngest_here = max(self._youngest_here, row.at)
            yield row.digest

    def _fault_of(self, row: Row[Any]) -> str | None:
        if row.uuid is None:
            return "was removed"
        if row.id != row.event_id or not _is_as_sealed(row):
            return "was changed"
        if row.at < self._youngest - LATE:
            return "says that it is more than a day older than events of earlier seals"
        return None


def _is_as_sealed(row: Row[Any]) -> bool:
    digest: str = row.digest
    try:
        return digest_of(row) == digest
    except TypeError:  # bytes, where SQLite was given them
        return False


def _parts(
    connection: Connection,
    statement: Select[*tuple[Any, ...]],
    **order: InstrumentedAttribute[Any],
) -> Iterator[Row[Any]]:
    """Yield all rows, reading a part at a time, in an order given by columns of the rows."""
    place = tuple_(*order.values())
    part = statement.order_by(*order.values()).limit(PART)
    further = part.where(
        place > tuple_(*(bindparam(f"last_{name}", type_=it.type) for name, it in order.items()))
    )
    rows = connection.execute(part).all()
    while rows:
        yield from rows
        last = {f"last_{name}": getattr(rows[-1], name) for name in order}
        rows = connection.execute(further, last).all() if len(rows) == PART else ()
