"""Erasure of sessions."""

from customer_api.core.ids import CustomerId
from customer_api.plugin import ErasureContext
from customer_api.tokens import repository


class TokenAnonymizer:
    """Deletes sessions and refresh tokens, so that every token is refused at once."""

    name = "tokens"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of sessions deleted."""
        return repository.delete_sessions(context.connection, CustomerId(context.customer_id))
