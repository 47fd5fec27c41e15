"""The log of events: each gets its place after its commit, is read in that order, and is purged when old.

Ids cannot be the order for readers: PostgreSQL hands them out before rows are committed, so a reader that
has seen the largest could miss a smaller one. So a worker gives committed events their sequence, one at a
time. Events of one subject are committed in the order of their ids, and numbered in that order.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.events.errors import EventsPurged
from customer_api.events.models import (
    Event,
    EventLogRow,
    EventRow,
    EventType,
    SubscriptionRow,
    UndeliveredRow,
)

THE_LOG: Final = 1
"""Id of its one row."""

EVENT_COLUMNS: Final = (
    EventRow.sequence,
    EventRow.uuid,
    EventRow.type,
    EventRow.subject,
    EventRow.at,
    EventRow.data,
)

_HAS_UNNUMBERED = select(EventRow.id).where(EventRow.sequence.is_(None)).limit(1)
_LOCK = {
    dialect.dialect.name: dialect.insert(EventLogRow)
    .values(id=THE_LOG, last=0, purged=0)
    .on_conflict_do_update(index_elements=[EventLogRow.id], set_={"last": EventLogRow.last})
    .returning(EventLogRow.last)
    for dialect in (postgresql, sqlite)
}
_UNNUMBERED = (
    select(EventRow.id)
    .where(EventRow.sequence.is_(None))
    .order_by(EventRow.id)
    .limit(bindparam("most"))
    .subquery()
)
_PLACES = select(
    _UNNUMBERED.c.id, func.row_number().over(order_by=_UNNUMBERED.c.id).label("place")
).subquery()
_NUMBER = (
    update(EventRow)
    .where(EventRow.id == _PLACES.c.id)
    .values(sequence=bindparam("last") + _PLACES.c.place)
)
_MOVE_END = update(EventLogRow).values(last=EventLogRow.last + bindparam("count"))
_ENDS = select(EventLogRow.last, EventLogRow.purged)
_BEHIND = (
    select(*EVENT_COLUMNS)
    .where(EventRow.sequence > bindparam("after"))
    .order_by(EventRow.sequence)
    .limit(bindparam("most"))
)
_BEHIND_OF_TYPES = _BEHIND.where(EventRow.type.in_(bindparam("types", expanding=True)))

_OLDEST_DONE = (
    select(EventRow.id, EventRow.at, EventRow.sequence)
    .where(
        EventRow.sequence.is_not(null()),
        EventRow.sequence
        <= select(func.coalesce(func.min(SubscriptionRow.position), 2**62)).scalar_subquery(),
        ~exists().where(UndeliveredRow.sequence == EventRow.sequence),
    )
    .order_by(EventRow.sequence)
    .limit(bindparam("most"))
    .subquery()
)
_PURGE = (
    delete(EventRow)
    .where(
        EventRow.id.in_(select(_OLDEST_DONE.c.id).where(_OLDEST_DONE.c.at < bindparam("before")))
    )
    .returning(EventRow.sequence)
)
_MOVE_START = (
    update(EventLogRow)
    .where(EventLogRow.purged < bindparam("sequence"))
    .values(purged=bindparam("sequence"))
)


def has_unnumbered(connection: Connection) -> bool:
    """Return whether an event waits for its place."""
    return connection.execute(_HAS_UNNUMBERED).scalar() is not None


def number(connection: Connection, most: int) -> int:
    """Give the oldest events without a place theirs, and return how many; others who do so wait."""
    last = connection.execute(_LOCK[connection.dialect.name]).scalar_one()
    # A statement of its own: it sees what was committed while we waited.
    count = connection.execute(_NUMBER, {"last": last, "most": most}).rowcount
    connection.execute(_MOVE_END, {"count": count})
    return count


def end_of(connection: Connection) -> int:
    """Return the largest sequence there ever was; 0 for none."""
    return _ends(connection)[0]


def list_behind(
    connection: Connection, after: int, *, most: int, types: Collection[EventType] = ()
) -> tuple[Event, ...]:
    """Return the next events behind a place; with `types` only those."""
    values = {"after": after, "most": most}
    if types:
        rows = connection.execute(_BEHIND_OF_TYPES, values | {"types": sorted(types)})
    else:
        rows = connection.execute(_BEHIND, values)
    return tuple(map(to_event, rows))


def place_of(connection: Connection, after: int | None) -> int:
    """Return the place behind which a reader goes on; None for the oldest event there is.

    Raises:
        EventsPurged: events behind it are there no more.
    """
    _, purged = _ends(connection)
    if after is not None and after < purged:
        raise EventsPurged
    return purged if after is None else after


def purge(connection: Connection, before: datetime, most: int) -> int:
    """Delete up to so many events that happened before a moment, and return how many.

    Those that a receiver does not have yet stay.
    """
    gone = connection.execute(_PURGE, {"before": before, "most": most}).scalars().all()
    if gone:
        connection.execute(_MOVE_START, {"sequence": max(filter(None, gone))})
    return len(gone)


def to_event(row: Row[*tuple[Any, ...]]) -> Event:
    """Return the event of a row whose first columns are `EVENT_COLUMNS`."""
    sequence, uuid, kind, subject, at, data = row[: len(EVENT_COLUMNS)]
    return Event(sequence, uuid, EventType(kind), subject, at, data)


def _ends(connection: Connection) -> tuple[int, int]:
    row = connection.execute(_ENDS).one_or_none()
    return (0, 0) if row is None else (row.last, row.purged)
