"""Queries over the receivers of events, as those who manage them see them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from customer_api.core.keyset import CURSOR, CursorPage, KeysetList, Part
from customer_api.events.log import EVENT_COLUMNS, to_event
from customer_api.events.models import (
    Event,
    EventRow,
    EventType,
    Subscription,
    SubscriptionRow,
    UndeliveredRow,
)

COLUMNS: Final = tuple(getattr(SubscriptionRow, field.name) for field in fields(Subscription))
"""The columns of `Subscription`, in the order of its fields."""

_ALL = select(*COLUMNS).order_by(SubscriptionRow.id)
_ONE = select(*COLUMNS).where(SubscriptionRow.uuid == bindparam("of"))
_ONE_LOCKED = _ONE.with_for_update()
_ADD = insert(SubscriptionRow).returning(*COLUMNS)
_REMOVE = delete(SubscriptionRow).where(SubscriptionRow.id == bindparam("of"))
_COUNTS = select(func.count(), func.count(UndeliveredRow.parked_at)).where(
    UndeliveredRow.subscription_id == bindparam("of")
)
_UNDELIVERED = (
    select(
        *EVENT_COLUMNS,
        UndeliveredRow.tries,
        UndeliveredRow.next_try_at,
        UndeliveredRow.parked_at,
        UndeliveredRow.last_error,
    )
    .join(EventRow, EventRow.sequence == UndeliveredRow.sequence)
    .where(UndeliveredRow.subscription_id == bindparam("of"))
)
_LIST: Final = KeysetList(
    _UNDELIVERED,
    (UndeliveredRow.sequence,),
    place=select(UndeliveredRow.sequence)
    .join(EventRow, EventRow.sequence == UndeliveredRow.sequence)
    .where(UndeliveredRow.subscription_id == bindparam("of"), EventRow.uuid == bindparam(CURSOR)),
    newest_first=False,
)
_GIVE_UP = delete(UndeliveredRow).where(
    UndeliveredRow.subscription_id == bindparam("of"),
    UndeliveredRow.sequence.in_(
        select(EventRow.sequence).where(EventRow.uuid == bindparam("event"))
    ),
)
_RETRY = (
    update(UndeliveredRow)
    .where(UndeliveredRow.subscription_id == bindparam("of"))
    .values(parked_at=None, tries=0, next_try_at=bindparam("now"))
)
_AFRESH: Final[Mapping[str, object]] = {
    "failures": 0,
    "paused_until": None,
    "claim": None,
    "claimed_until": None,
}
_FORGET = delete(UndeliveredRow).where(UndeliveredRow.subscription_id == bindparam("of"))


@dataclass(frozen=True, slots=True)
class CreateSubscription:
    """Command: tell a receiver of everything that happens from now on."""

    name: str
    url: str
    types: frozenset[EventType]
    """What of; empty for everything."""
    has_personal_data: bool


@dataclass(frozen=True, slots=True)
class ChangeSubscription:
    """Command: change a receiver; None leaves it."""

    name: str | None = None
    url: str | None = None
    types: frozenset[EventType] | None = None
    has_personal_data: bool | None = None


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An event that a receiver does not have, and what is behind it."""

    event: Event
    tries: int
    next_try_at: datetime
    """UTC; it is tried when nothing of its subject is before it."""
    parked_at: datetime | None
    """When it was given up, until somebody retries; None while it is tried."""
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A receiver, and how many events behind its position it does not have."""

    subscription: Subscription
    undelivered: int
    parked: int
    """How many of them were given up."""


def list_all(connection: Connection) -> tuple[Subscription, ...]:
    """Return all receivers, the oldest first."""
    return tuple(map(to_subscription, connection.execute(_ALL)))


def find(connection: Connection, uuid: str) -> Subscription | None:
    """Return a receiver."""
    row = connection.execute(_ONE, {"of": uuid}).one_or_none()
    return None if row is None else to_subscription(row)


def lock(connection: Connection, uuid: str) -> Subscription | None:
    """Return a receiver, and make workers wait that note what it has; they lock it first, too."""
    row = connection.execute(_ONE_LOCKED, {"of": uuid}).one_or_none()
    return None if row is None else to_subscription(row)


def progress_of(connection: Connection, subscription: Subscription) -> Progress:
    """Return a receiver with the count of what it lacks."""
    undelivered, parked = connection.execute(_COUNTS, {"of": subscription.id}).one()
    return Progress(subscription, undelivered, parked)


def add(connection: Connection, values: Mapping[str, object], *, now: datetime) -> Subscription:
    """Insert a receiver; `values` are columns that a caller sets, `types` among them."""
    row = {**_stored(values), "failures": 0, "created_at": now, "updated_at": now}
    return to_subscription(connection.execute(_ADD, row).one())


def change(
    connection: Connection,
    subscription: Subscription,
    values: Mapping[str, object],
    *,
    now: datetime,
) -> Subscription:
    """Set columns of a receiver, and let it be tried at once; return it as it is now.

    A worker that delivers to it right now notes nothing of that any more.
    """
    statement = (
        update(SubscriptionRow)
        .where(SubscriptionRow.id == subscription.id)
        .values({**_stored(values), **_AFRESH, "updated_at": now})
        .returning(*COLUMNS)
    )
    return to_subscription(connection.execute(statement).one())


def remove(connection: Connection, subscription: Subscription) -> None:
    """Delete a receiver with what it lacks."""
    connection.execute(_REMOVE, {"of": subscription.id})


def list_undelivered(
    connection: Connection, subscription: Subscription, page: CursorPage
) -> Part[Undelivered]:
    """Return a page of what a receiver lacks, the oldest first; cursors are uuids of events.

    Raises:
        CursorUnknown: it does not lack the event (any more) that the page should be beside.
    """
    part = _LIST.read(connection, page, {"of": subscription.id})
    return Part(
        tuple(Undelivered(to_event(row), *row[len(EVENT_COLUMNS) :]) for row in part.entries),
        part.has_previous,
        part.has_next,
    )


def give_up(connection: Connection, subscription: Subscription, event: str) -> bool:
    """Forget that a receiver lacks an event; False when it does not."""
    values = {"of": subscription.id, "event": event}
    return connection.execute(_GIVE_UP, values).rowcount == 1


def retry_all(connection: Connection, subscription: Subscription, *, now: datetime) -> None:
    """Let everything that a receiver lacks be due, as if it had never been tried."""
    connection.execute(_RETRY, {"of": subscription.id, "now": now})


def forget_undelivered(connection: Connection, subscription: Subscription) -> None:
    """Forget everything that a receiver lacks."""
    connection.execute(_FORGET, {"of": subscription.id})


def to_subscription(row: Row[*tuple[Any, ...]]) -> Subscription:
    """Return the receiver of a row whose first columns are `COLUMNS`."""
    values = dict(zip((field.name for field in fields(Subscription)), row, strict=False))
    values["types"] = frozenset(map(EventType, values["types"].split()))
    return Subscription(**values)


def _stored(values: Mapping[str, object]) -> dict[str, object]:
    types = values.get("types")
    if not isinstance(types, frozenset):
        return dict(values)
    return {**values, "types": " ".join(sorted(types))}
