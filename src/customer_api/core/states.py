"""States of things that can be changed, so that nobody overwrites what they have not seen."""

from dataclasses import dataclass
from typing import Final

from customer_api.core.errors import AppError


class StateOutdated(AppError):
    """The caller wants to change another state than the present one, whose name this is."""

    def __init__(self, present: str) -> None:
        super().__init__("another state is the present one")
        self.present = present


@dataclass(frozen=True, slots=True)
class ExpectedState:
    """Which states a caller is ready to change."""

    names: frozenset[str] | None
    """None means whatever state it is in."""
    is_there: bool = False
    """Whether there must be something to change."""

    def require(self, present: str) -> None:
        """Compare with the present state; call it under the lock under which the change is made.

        Raises:
            StateOutdated: it is none of those expected.
        """
        if self.names is not None and present not in self.names:
            raise StateOutdated(present)

    def require_absence(self, name: str) -> None:
        """Compare where there is nothing yet, which is a state of this name.

        Raises:
            StateOutdated: it is none of those expected.
        """
        if self.is_there:
            raise StateOutdated(name)
        self.require(name)


NOT_THERE: Final = "0"
"""The state of what can be there and is not."""
ANY_STATE: Final = ExpectedState(None)
NO_STATE: Final = ExpectedState(frozenset({NOT_THERE}))
SOME_STATE: Final = ExpectedState(None, is_there=True)
