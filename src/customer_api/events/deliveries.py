"""Queries of the worker that delivers: which receivers lack something, and what became of it.

One worker at a time delivers to a receiver. Its claim is a lease: when it lapses, another may take over,
and what the late one notes changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from customer_api.events.errors import ClaimLost
from customer_api.events.log import EVENT_COLUMNS, to_event
from customer_api.events.models import (
    Event,
    EventLogRow,
    EventRow,
    Subscription,
    SubscriptionRow,
    UndeliveredRow,
)
from customer_api.events.subscriptions import COLUMNS, to_subscription

_Earlier = aliased(UndeliveredRow)

_IS_FIRST = ~exists().where(
    _Earlier.subscription_id == UndeliveredRow.subscription_id,
    _Earlier.subject == UndeliveredRow.subject,
    _Earlier.sequence < UndeliveredRow.sequence,
)
_IS_DUE = and_(UndeliveredRow.parked_at.is_(None), UndeliveredRow.next_try_at <= bindparam("now"))
_IS_FREE = and_(
    or_(SubscriptionRow.claimed_until.is_(None), SubscriptionRow.claimed_until <= bindparam("now")),
    or_(SubscriptionRow.paused_until.is_(None), SubscriptionRow.paused_until <= bindparam("now")),
)
_DUE = (
    select(SubscriptionRow.id)
    .where(
        _IS_FREE,
        or_(
            exists().where(EventLogRow.last > SubscriptionRow.position),
            exists().where(
                UndeliveredRow.subscription_id == SubscriptionRow.id, _IS_DUE, _IS_FIRST
            ),
        ),
    )
    .order_by(SubscriptionRow.id)
)
_CLAIM = (
    update(SubscriptionRow)
    .where(SubscriptionRow.id == bindparam("of"), _IS_FREE)
    .values(claim=bindparam("new_claim"), claimed_until=bindparam("until"))
    .returning(*COLUMNS)
)
_OWN = and_(SubscriptionRow.id == bindparam("of"), SubscriptionRow.claim == bindparam("by"))
_RENEW = update(SubscriptionRow).where(_OWN).values(claimed_until=bindparam("until"))
_RENEW_AND_READ = _RENEW.returning(*COLUMNS)
_RELEASE = update(SubscriptionRow).where(_OWN).values(claim=None, claimed_until=None)
_MOVE = update(SubscriptionRow).where(_OWN).values(position=bindparam("new_position"))
_TOOK = (
    update(SubscriptionRow)
    .where(_OWN)
    .values(failures=0, paused_until=None, last_error=None, delivered_at=bindparam("now"))
)
_PAUSE = (
    update(SubscriptionRow)
    .where(_OWN)
    .values(
        failures=SubscriptionRow.failures + 1,
        paused_until=bindparam("until"),
        last_error=bindparam("error"),
    )
)
_BLOCKED = (
    select(UndeliveredRow.subject)
    .where(
        UndeliveredRow.subscription_id == bindparam("of"),
        UndeliveredRow.subject.in_(bindparam("subjects", expanding=True)),
    )
    .distinct()
)
_HEADS = (
    select(UndeliveredRow.subject, UndeliveredRow.tries)
    .where(UndeliveredRow.subscription_id == bindparam("of"), _IS_DUE, _IS_FIRST)
    .order_by(UndeliveredRow.next_try_at, UndeliveredRow.sequence)
    .limit(bindparam("most"))
)
_OF_SUBJECT = (
    select(*EVENT_COLUMNS)
    .join(UndeliveredRow, UndeliveredRow.sequence == EventRow.sequence)
    .where(
        UndeliveredRow.subscription_id == bindparam("of"),
        UndeliveredRow.subject == bindparam("subject"),
    )
    .order_by(UndeliveredRow.sequence)
    .limit(bindparam("most"))
)
_SET_ASIDE = insert(UndeliveredRow)
_DELIVERED = delete(UndeliveredRow).where(
    UndeliveredRow.subscription_id == bindparam("of"),
    UndeliveredRow.sequence.in_(bindparam("sequences", expanding=True)),
)
_FAILED = (
    update(UndeliveredRow)
    .where(
        UndeliveredRow.subscription_id == bindparam("of"),
        UndeliveredRow.sequence == bindparam("failed"),
    )
    .values(
        tries=UndeliveredRow.tries + 1,
        next_try_at=bindparam("next"),
        parked_at=bindparam("parked"),
        last_error=bindparam("error"),
    )
)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of a worker to deliver to a receiver."""

    subscription: Subscription
    """As it was when the claim was made or renewed."""
    by: str
    """Random name of the worker's hold."""
    until: datetime


@dataclass(frozen=True, slots=True)
class Setback:
    """What becomes of an event that was not taken."""

    event: Event
    tries: int
    next_try_at: datetime
    parked_at: datetime | None
    error: str | None
    """None for one that was not tried."""


def list_due(connection: Connection, *, now: datetime) -> tuple[int, ...]:
    """Return the ids of the receivers that lack something which is due."""
    return tuple(connection.execute(_DUE, {"now": now}).scalars())


def claim(
    connection: Connection, subscription_id: int, *, by: str, now: datetime, until: datetime
) -> Claim | None:
    """Take the right to deliver to a receiver; None when another worker has it."""
    values = {"of": subscription_id, "new_claim": by, "now": now, "until": until}
    row = connection.execute(_CLAIM, values).one_or_none()
    return None if row is None else Claim(to_subscription(row), by, until)


def renew(connection: Connection, held: Claim, *, until: datetime) -> Claim:
    """Hold a claim for longer, and see the receiver as it is now.

    Raises:
        ClaimLost: it lapsed and another worker has it, or the receiver is gone.
    """
    row = connection.execute(_RENEW_AND_READ, {**_own(held), "until": until}).one_or_none()
    if row is None:
        raise ClaimLost
    return Claim(to_subscription(row), held.by, until)


def release(connection: Connection, held: Claim) -> None:
    """Give a claim back; nothing when it is lost."""
    connection.execute(_RELEASE, _own(held))


def blocked_subjects(
    connection: Connection, held: Claim, subjects: Collection[str]
) -> frozenset[str]:
    """Return of which subjects the receiver lacks an earlier event."""
    values = {"of": held.subscription.id, "subjects": sorted(subjects)}
    return frozenset(connection.execute(_BLOCKED, values).scalars())


def list_due_subjects(
    connection: Connection, held: Claim, *, now: datetime, most: int
) -> tuple[tuple[str, int], ...]:
    """Return subjects whose first undelivered event is due, with how often it was tried."""
    values = {"of": held.subscription.id, "now": now, "most": most}
    return tuple((row.subject, row.tries) for row in connection.execute(_HEADS, values))


def list_undelivered_of(
    connection: Connection, held: Claim, subject: str, *, most: int
) -> tuple[Event, ...]:
    """Return the first events of a subject that the receiver lacks, in their order."""
    values = {"of": held.subscription.id, "subject": subject, "most": most}
    return tuple(map(to_event, connection.execute(_OF_SUBJECT, values)))


def move_on(
    connection: Connection,
    held: Claim,
    position: int,
    *,
    set_aside: Sequence[Setback],
    has_taken: bool,
    now: datetime,
) -> None:
    """Note that the receiver has all events up to a position, but for those that are set aside.

    Raises:
        ClaimLost: another worker delivers to the receiver.
    """
    own = _own(held)
    if connection.execute(_MOVE, {**own, "new_position": position}).rowcount == 0:
        raise ClaimLost
    if set_aside:
        connection.execute(_SET_ASIDE, [_stored(held, it) for it in set_aside])
    if has_taken:
        connection.execute(_TOOK, {**own, "now": now})


def settle(
    connection: Connection,
    held: Claim,
    delivered: Sequence[Event],
    failed: Setback | None,
    *,
    now: datetime,
) -> None:
    """Note what became of undelivered events of one subject.

    Raises:
        ClaimLost: another worker delivers to the receiver.
    """
    own = _own(held)
    if connection.execute(_RENEW, {**own, "until": held.until}).rowcount == 0:
        raise ClaimLost
    if delivered:
        sequences = [event.sequence for event in delivered]
        connection.execute(_DELIVERED, {"of": held.subscription.id, "sequences": sequences})
        connection.execute(_TOOK, {**own, "now": now})
    if failed is not None:
        connection.execute(
            _FAILED,
            {
                "of": held.subscription.id,
                "failed": failed.event.sequence,
                "next": failed.next_try_at,
                "parked": failed.parked_at,
                "error": failed.error,
            },
        )


def pause(connection: Connection, held: Claim, *, error: str, until: datetime) -> None:
    """Note that a receiver took nothing at all.

    Raises:
        ClaimLost: another worker delivers to the receiver.
    """
    values = {**_own(held), "error": error, "until": until}
    if connection.execute(_PAUSE, values).rowcount == 0:
        raise ClaimLost


def _own(held: Claim) -> Mapping[str, object]:
    return {"of": held.subscription.id, "by": held.by}


def _stored(held: Claim, setback: Setback) -> Mapping[str, object]:
    return {
        "subscription_id": held.subscription.id,
        "sequence": setback.event.sequence,
        "subject": setback.event.subject,
        "tries": setback.tries,
        "next_try_at": setback.next_try_at,
        "parked_at": setback.parked_at,
        "last_error": setback.error,
    }
