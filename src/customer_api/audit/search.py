"""Queries over audit events.

Whatever is asked for, an index has it in the order of the list, so a page costs the same at any number of
events: see `keyset.newest_of`. Pages begin behind an event, never at an offset.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, select

from customer_api.audit.models import Action, AuditEvent, AuditEventRow, SealedEventRow
from customer_api.core.keyset import (
    CURSOR,
    CursorPage,
    Part,
    Place,
    Values,
    cut,
    find_place,
    newest_of,
)

_SEAL: Final = (
    select(SealedEventRow.seal_number)
    .where(SealedEventRow.uuid == AuditEventRow.uuid)
    .scalar_subquery()
    .label("seal")
)
_EVENTS: Final = select(AuditEventRow.__table__, _SEAL)
_ONE: Final = _EVENTS.where(AuditEventRow.uuid == bindparam("of"))
_PLACE: Final = select(AuditEventRow.at, AuditEventRow.id).where(
    AuditEventRow.uuid == bindparam(CURSOR)
)

_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)


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
    rows = connection.execute(statement(search, page, find_place(connection, _PLACE, page))).all()
    return cut([_to_event(row) for row in rows], page)


def statement(
    search: EventSearch, page: CursorPage, cursor: Place | None = None
) -> Select[*tuple[Any, ...]]:
    """Return the statement for a page; `cursor` is moment and internal id of the event beside it."""
    keys = (AuditEventRow.at, AuditEventRow.id)
    above, below = (search.since or _FIRST, 0), (search.until or _LAST, 0)  # ids begin with 1
    return newest_of(_EVENTS, keys, _columns(search), page, above=above, below=below, cursor=cursor)


def _columns(search: EventSearch) -> tuple[Values, Values]:
    """Return the columns that choose the index with their values, and the others that are wanted.

    Beside a subject, which has few events, all else is looked at in the rows.
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
