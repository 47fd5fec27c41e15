"""Queries over seals and over what waits for one. Events themselves are only read."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Connection,
    Row,
    String,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.audit.models import AuditEventRow, SealedEventRow, SealRow, UnsealedEventRow
from customer_api.audit.seals import Seal

EVENT_COLUMNS: Final = (
    AuditEventRow.id,
    AuditEventRow.uuid,
    AuditEventRow.at,
    AuditEventRow.actor_kind,
    AuditEventRow.actor,
    AuditEventRow.action,
    AuditEventRow.subject,
    AuditEventRow.fields,
    AuditEventRow.request_id,
)
IS_SEALED: Final = exists().where(SealedEventRow.uuid == AuditEventRow.uuid)

_NEWEST: Final = select(SealRow.__table__).order_by(SealRow.number.desc()).limit(1)
_QUEUE: Final = select(UnsealedEventRow.event_id, UnsealedEventRow.uuid)
_FIRST: Final = _QUEUE.limit(1)
# Statements of their own instead of a join: whatever a planner believes of tables that have just
# grown, each is a look into an index.
_NEXT: Final = (
    _QUEUE.where(
        tuple_(UnsealedEventRow.event_id, UnsealedEventRow.uuid)
        > tuple_(bindparam("last_id", type_=BigInteger), bindparam("last_uuid", type_=String))
    )
    .order_by(UnsealedEventRow.event_id, UnsealedEventRow.uuid)
    .limit(bindparam("most"))
)
_EVENTS: Final = (
    select(*EVENT_COLUMNS)
    .where(AuditEventRow.id.in_(bindparam("ids", expanding=True)))
    .order_by(AuditEventRow.id)
)
_SEALED: Final = select(SealedEventRow.uuid).where(
    SealedEventRow.uuid.in_(bindparam("uuids", expanding=True))
)
_COUNT: Final = (
    select(func.count())
    .select_from(AuditEventRow)
    .join(
        UnsealedEventRow,
        and_(
            UnsealedEventRow.event_id == AuditEventRow.id,
            UnsealedEventRow.uuid == AuditEventRow.uuid,
        ),
    )
    .where(~IS_SEALED)
)
_BEFORE_ALL: Final = -(2**63)
_ADD: Final = {
    dialect.dialect.name: dialect.insert(SealRow)
    .values({column.name: bindparam(column.name) for column in SealRow.__table__.columns})
    .on_conflict_do_nothing()
    .returning(SealRow.number)
    for dialect in (postgresql, sqlite)
}
_ADD_EVENTS: Final = insert(SealedEventRow)
_TAKE: Final = delete(UnsealedEventRow).where(
    UnsealedEventRow.event_id == bindparam("taken_id"),
    UnsealedEventRow.uuid == bindparam("taken_uuid"),
)


def find_newest(connection: Connection) -> Seal | None:
    """Return the newest seal."""
    row = connection.execute(_NEWEST).one_or_none()
    return None if row is None else to_seal(row)


def is_idle(connection: Connection) -> bool:
    """Whether nothing is in the queue."""
    return connection.execute(_FIRST).one_or_none() is None


def list_waiting(connection: Connection, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return some events without a seal, the first ones by id; empty when there are none.

    An event that somebody removed stays in the queue, as evidence, and holds up nobody. So does one
    that a restored backup has put there again.
    """
    last_id, last_uuid = _BEFORE_ALL, ""
    while waiting := connection.execute(
        _NEXT, {"last_id": last_id, "last_uuid": last_uuid, "most": limit}
    ).all():
        if events := _unsealed(connection, [(it.event_id, it.uuid) for it in waiting]):
            return events
        last_id, last_uuid = waiting[-1]
    return ()


def _unsealed(
    connection: Connection, waiting: Sequence[tuple[int, str]]
) -> Sequence[Row[*tuple[Any, ...]]]:
    ids, uuids = zip(*waiting, strict=True)
    sealed = set(connection.execute(_SEALED, {"uuids": uuids}).scalars())
    wanted = {(id_, uuid) for id_, uuid in waiting if uuid not in sealed}
    events = connection.execute(_EVENTS, {"ids": ids}).all()
    return [event for event in events if (event.id, event.uuid) in wanted]


def count_waiting(connection: Connection) -> int:
    """Return how many events wait for a seal."""
    return connection.execute(_COUNT).scalar_one()


def add(connection: Connection, seal: Seal) -> bool:
    """Add a seal; False when another worker has used its number."""
    values = {column.name: getattr(seal, column.name) for column in SealRow.__table__.columns}
    statement = _ADD[connection.dialect.name]
    return connection.execute(statement, values).one_or_none() is not None


def add_events(
    connection: Connection, number: int, events: Sequence[Row[Any]], digests: Sequence[str]
) -> None:
    """Put events under a seal, and take them out of the queue."""
    sealed = [
        {"seal_number": number, "event_id": event.id, "uuid": event.uuid, "digest": digest}
        for event, digest in zip(events, digests, strict=True)
    ]
    connection.execute(_ADD_EVENTS, sealed)
    taken = [{"taken_id": event.id, "taken_uuid": event.uuid} for event in events]
    connection.execute(_TAKE, taken)


def to_seal(row: Row[Any]) -> Seal:
    """Return a seal from a row of its table."""
    return Seal(
        number=row.number,
        previous_hash=row.previous_hash,
        hash=row.hash,
        first_event=row.first_event,
        last_event=row.last_event,
        events=row.events,
        sealed_at=row.sealed_at,
    )
