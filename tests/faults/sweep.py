"""A flow with a fault at its first call of the database, then its second, until it survives."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from tests.faults.flows import Flow, Prepared
from tests.faults.states import Change, change, state_of
from tests.shop import Shop

NOTHING: Final[Change] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attempt came to."""

    was_hit: bool
    """Whether it had enough calls for the fault."""
    status: int | None
    """None when the process died."""


Attempt = Callable[[int, str, Prepared], Awaitable[Outcome]]
"""Do the flow with a fault at the call of that number."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """What all attempts came to; the last one met no fault."""

    outcomes: list[Outcome]
    changes: list[Change]
    """What each attempt left in the database."""

    @property
    def hit_statuses(self) -> set[int | None]:
        """The statuses of attempts that met the fault."""
        return {outcome.status for outcome in self.outcomes if outcome.was_hit}

    @property
    def half_done(self) -> set[Change]:
        """What attempts left that is neither nothing nor what the undisturbed one did."""
        return set(self.changes) - {NOTHING, self.changes[-1]}


async def sweep(shop: Shop, flow: Flow, attempt: Attempt) -> Sweep:
    """Attempt a flow again and again; a hit that left nothing is followed by a retry, all in all.

    A hit that did the whole is repeated undisturbed, as a client does that had no answer.
    """
    result = Sweep([], [])
    email, prepared = "", None
    number = 0
    while True:
        number += 1
        if not result.changes or result.changes[-1] != NOTHING:
            email = f"ada{number}@shop.example"
            prepared = await flow.prepare(shop, email)
        before = await state_of(shop)
        result.outcomes.append(await attempt(number, email, prepared))
        result.changes.append(change(before, await state_of(shop)))
        if not result.outcomes[-1].was_hit:
            return result
        if result.changes[-1] != NOTHING:
            repeated = await flow.act(shop, email, prepared)
            assert repeated.status_code == flow.repeated
