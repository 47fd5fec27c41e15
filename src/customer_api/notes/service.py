"""Notes about customers: added and read, never changed."""

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.ids import random_uuid
from customer_api.core.keyset import CursorPage, Part
from customer_api.core.types import Claims
from customer_api.notes import repository
from customer_api.notes.errors import NoteNotFound
from customer_api.notes.models import Author, Note, NoteUnits


class NoteService:
    """Keeps the notes about the customer to whom there is access."""

    def __init__(self, *, units: NoteUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def list_page(self, claims: Claims, page: CursorPage) -> Part[Note]:
        """Return a page of the notes, the newest first; cursors are uuids.

        Raises:
            CursorUnknown: the customer has no note with the uuid.
        """
        return await self._units.read_as(
            claims, lambda it, access: repository.list_page(it, access.customer.id, page)
        )

    async def note(self, claims: Claims, uuid: str) -> Note:
        """Return one note.

        Raises:
            NoteNotFound: the customer has none with this uuid.
        """
        return await self._units.read_as(claims, lambda it, access: _get(it, access, uuid))

    async def add(self, claims: Claims, text: str, *, keep: Keep[Note] = keep_nothing) -> Note:
        """Add a note of the caller."""

        def work(connection: Connection, access: Author) -> Note:
            uuid = random_uuid()
            repository.add(
                connection,
                access.customer.id,
                text,
                uuid=uuid,
                author=access.actor,
                now=self._clock.now(),
            )
            return _get(connection, access, uuid)

        return await self._units.write_as(claims, work, keep)


def _get(connection: Connection, access: Author, uuid: str) -> Note:
    note = repository.find(connection, access.customer.id, uuid)
    if note is None:
        raise NoteNotFound
    return note
