"""Erasure of remembered requests."""

from customer_api.core.ids import CustomerId
from customer_api.idempotency import repository
from customer_api.plugin import ErasureContext


class IdempotencyAnonymizer:
    """Wipes what is remembered of the customer's requests, answers included.

    Until their time is over the keys stay, as digests: who repeats a request, a registration for
    instance, does not do it again, but is told that the key was used (decision 0065).
    """

    name = "idempotency"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of requests wiped."""
        return repository.wipe_of_customer(context.connection, CustomerId(context.customer_id))
