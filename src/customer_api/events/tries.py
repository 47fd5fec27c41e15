"""What becomes of events that were tried."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from customer_api.events.deliveries import Setback
from customer_api.events.models import Event

DELAYS: Final = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long an event waits after each failure; after one more it is parked."""


@dataclass(slots=True)
class Tries:
    """What became of the events of one subject that were tried, in their order."""

    tries: int = 0
    """How often the first of them was tried before."""
    taken: list[Event] = field(default_factory=list)
    failed: Event | None = None
    error: str | None = None
    rest: list[Event] = field(default_factory=list)
    """Behind the one that failed, or not tried for lack of time."""


def by_subject(events: Sequence[Event]) -> list[tuple[int, list[Event]]]:
    """Return the events of each subject in their order, none of them tried before."""
    groups: dict[str, list[Event]] = {}
    for event in events:
        groups.setdefault(event.subject, []).append(event)
    return [(0, group) for group in groups.values()]


def setbacks(result: Tries, now: datetime) -> list[Setback]:
    """Return what has to be set aside of new events of a subject."""
    first = [] if result.failed is None else [setback(result.failed, 1, result.error, now)]
    return first + [Setback(event, 0, now, None, None) for event in result.rest]


def setback(event: Event, tries: int, error: str | None, now: datetime) -> Setback:
    """Return how an event goes on that failed: it waits, or is parked after one failure too many."""
    if tries > len(DELAYS):
        return Setback(event, tries, now, now, error)
    return Setback(event, tries, now + DELAYS[tries - 1], None, error)
