"""Erasure of remembered requests."""

from customer_api.core.ids import CustomerId
from customer_api.idempotency import repository
from customer_api.plugin import ErasureContext


class IdempotencyAnonymizer:
    """Deletes what is remembered of the customer's requests, answers included."""

    name = "idempotency"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of requests deleted."""
        return repository.delete_of_customer(context.connection, CustomerId(context.customer_id))
