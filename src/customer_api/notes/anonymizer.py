"""Erasure of notes."""

from customer_api.core.ids import CustomerId
from customer_api.notes import repository
from customer_api.plugin import ErasureContext


class NoteAnonymizer:
    """Empties every note: that there was one stays, what it said does not."""

    name = "notes"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of notes emptied."""
        return repository.erase_of_customer(context.connection, CustomerId(context.customer_id))
