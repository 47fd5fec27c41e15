"""Queries over audit events.

Whatever is asked for, an index has it in the order of the list, so a page costs the same at any number of
events: see `_columns`. Pages begin behind an event, never at an offset.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    bindparam,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute

from customer_api.audit.models import Action, AuditEvent, AuditEventRow, SealedEventRow
from customer_api.core.keyset import CursorPage, CursorUnknown, Part, cut
from customer_api.core.types import UtcDateTime

_SEAL: Final = (
    select(SealedEventRow.seal_number)
    .where(SealedEventRow.uuid == AuditEventRow.uuid)
    .scalar_subquery()
    .label("seal")
)
_EVENTS: Final = select(AuditEventRow.__table__, _SEAL)
_ONE: Final = _EVENTS.where(AuditEventRow.uuid == bindparam("of"))
_PLACE: Final = select(AuditEventRow.at, AuditEventRow.id).where(
    AuditEventRow.uuid == bindparam("of")
)

_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)

_Place = tuple[datetime, int]
"""Moment and internal id of an event, by which the list is sorted."""
_Values = dict[InstrumentedAttribute[str], str]
"""Values of columns."""


@dataclass(frozen=True, slots=True)
class EventSearch:
    """Which events are wanted. None means whatever; all conditions hold at once."""

    actor: str | None = None
    """Uuid of an operator or client."""
    action: Action | None = None
    subject: str | None = None
    since: datetime | None = None
    """The first moment."""
    until: datetime | None = None
    """The first moment behind the last."""


def find(connection: Connection, uuid: str) -> AuditEvent | None:
    """Return an event."""
    row = connection.execute(_ONE, {"of": uuid}).one_or_none()
    return None if row is None else _to_event(row)


def find_page(connection: Connection, search: EventSearch, page: CursorPage) -> Part[AuditEvent]:
    """Return a page of the list of events, which begins with the newest.

    Raises:
        CursorUnknown: there is no such event as the page should be beside.
    """
    rows = connection.execute(statement(search, page, _cursor(connection, page))).all()
    return cut([_to_event(row) for row in rows], page)


def statement(
    search: EventSearch, page: CursorPage, cursor: _Place | None = None
) -> Select[*tuple[Any, ...]]:
    """Return the statement for a page; `cursor` is the place of the event beside it."""
    below, above = (search.until or _LAST, 0), (search.since or _FIRST, 0)  # ids begin with 1
    is_turned = page.before is not None
    if cursor is not None and is_turned:
        above = max(above, cursor)
    elif cursor is not None:
        below = min(below, cursor)
    chosen, others = _columns(search)
    place = (*chosen, AuditEventRow.at, AuditEventRow.id)
    return (
        _EVENTS.where(
            tuple_(*place) < _bound(chosen, below),
            tuple_(*place) > _bound(chosen, above),
            # No index may be used for these.
            *(column.concat("") == value for column, value in others.items()),
        )
        .order_by(*(it.asc() if is_turned else it.desc() for it in place))
        .limit(page.most)
    )


def _columns(search: EventSearch) -> tuple[_Values, _Values]:
    """Return the columns that choose the index with their values, and the others that are wanted.

    Beside a subject, which has few events, all else is looked at in the rows. A planner that was told
    of equal values would take the index over moments, and read it from end to end for an operator who
    has left long ago. So the chosen ones are part of the order.
    """
    wanted = {
        AuditEventRow.subject: search.subject,
        AuditEventRow.actor: search.actor,
        AuditEventRow.action: search.action,
    }
    given = {column: value for column, value in wanted.items() if value is not None}
    if search.subject is None:
        return given, {}
    return {AuditEventRow.subject: given.pop(AuditEventRow.subject)}, given


def _cursor(connection: Connection, page: CursorPage) -> _Place | None:
    if page.cursor is None:
        return None
    row = connection.execute(_PLACE, {"of": page.cursor}).one_or_none()
    if row is None:
        raise CursorUnknown
    return row.at, row.id


def _bound(chosen: _Values, place: _Place) -> ColumnElement[Any]:
    at, id_ = place
    values = (literal(value, String) for value in chosen.values())
    return tuple_(*values, literal(at, UtcDateTime), literal(id_, BigInteger))


def _to_event(row: Row[Any]) -> AuditEvent:
    return AuditEvent(
        id=row.id,
        uuid=row.uuid,
        at=row.at,
        actor_kind=row.actor_kind,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        fields=tuple(row.fields.split(",")) if row.fields else (),
        request_id=row.request_id,
        seal=row.seal,
    )
