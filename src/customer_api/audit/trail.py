"""Reading audit events, for those who look after the back office."""

from customer_api.audit import search as events
from customer_api.audit.errors import AuditEventNotFound
from customer_api.audit.models import AuditEvent
from customer_api.audit.search import EventSearch
from customer_api.core.db import UnitsOfWork
from customer_api.core.keyset import CursorPage, Part
from customer_api.core.types import Claims


class AuditTrail:
    """Shows what was done. To read it leaves no event: that would bury the others."""

    def __init__(self, units: UnitsOfWork[object]) -> None:
        self._units = units

    async def find(self, claims: Claims, search: EventSearch, page: CursorPage) -> Part[AuditEvent]:
        """Return a page of the list of wanted events, the newest first.

        An event that was committed late has its place by its own moment, so it may appear on a page
        that was read before.

        Raises:
            CursorUnknown: there is no such event as the page should be beside.
        """
        return await self._units.read_as(claims, lambda it, _: events.find_page(it, search, page))

    async def read(self, claims: Claims, uuid: str) -> AuditEvent:
        """Return an event.

        Raises:
            AuditEventNotFound: there is none with this id.
        """
        found = await self._units.read_as(claims, lambda it, _: events.find(it, uuid))
        if found is None:
            raise AuditEventNotFound
        return found
