"""What guests see: read by each of their requests, edited by operators."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from customer_api.access import repository
from customer_api.access.errors import ResourceTypesUnknown
from customer_api.access.models import HIDEABLE, HiddenTypes
from customer_api.audit import repository as audit
from customer_api.audit.models import Acting, Action
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, UnitsOfWork, keep_nothing
from customer_api.core.states import ANY_STATE, ExpectedState
from customer_api.core.types import Claims

SUBJECT: Final = "customer-access"
"""What audit events call it; there is one only."""


class GuestAccess:
    """Tells what is hidden from guests at this moment.

    Each question is one look at one row, so that an edit holds at once on every worker. Whoever has
    a token need not be asked about.
    """

    def __init__(self, units: UnitsOfWork[object], default: Sequence[str]) -> None:
        """Set it up; the default counts until somebody edits what is hidden."""
        self._units = units
        self._default = HiddenTypes(tuple(default), 0)

    async def hidden(self) -> HiddenTypes:
        """Return what is hidden."""
        return await self._units.read(self.find)

    async def hides(self, resource_type: str) -> bool:
        """Tell whether a type is hidden; those that cannot be are not looked up."""
        return resource_type in HIDEABLE and resource_type in (await self.hidden()).resource_types

    def find(self, connection: Connection) -> HiddenTypes:
        """Return what is hidden, on a connection that is there."""
        return repository.find(connection) or self._default


class AccessService:
    """Edits what is hidden from guests."""

    def __init__(self, *, units: UnitsOfWork[Acting], guests: GuestAccess, clock: Clock) -> None:
        self._units = units
        self._guests = guests
        self._clock = clock

    async def read(self, claims: Claims) -> HiddenTypes:
        """Return what is hidden."""
        return await self._units.read_as(claims, lambda it, _: self._guests.find(it))

    async def change(
        self,
        claims: Claims,
        resource_types: Sequence[str],
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[HiddenTypes] = keep_nothing,
    ) -> HiddenTypes:
        """Hide these types and no others; from then on the setting counts no more.

        Raises:
            ResourceTypesUnknown: names those that cannot be hidden.
            StateOutdated: what is hidden is in none of the expected states.
        """

        def work(connection: Connection, acting: Acting) -> HiddenTypes:
            unknown = [it for it in resource_types if it not in HIDEABLE]
            if unknown:
                raise ResourceTypesUnknown(unknown)
            now, default = self._clock.now(), self._guests.find(connection).resource_types
            hidden = repository.lock(connection, default, now=now)
            expected.require(hidden.state)
            if hidden.version and hidden.resource_types == tuple(resource_types):
                return hidden
            repository.change(connection, resource_types, now=now)
            fields = ("resourceTypes",)
            audit.add(
                connection, acting.actor, Action.ACCESS_CHANGED, SUBJECT, now=now, fields=fields
            )
            return HiddenTypes(tuple(resource_types), hidden.version + 1)

        return await self._units.write_as(claims, work, keep)
