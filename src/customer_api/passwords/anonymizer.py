"""Erasure of requests for restore mails."""

from customer_api.passwords import repository
from customer_api.plugin import ErasureContext


class RestoreRequestAnonymizer:
    """Removes requests that were not answered yet."""

    name = "restore_requests"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of requests removed."""
        return repository.forget(context.connection, context.email_key)
