"""Erasure of counters that are kept by e-mail address."""

from customer_api.core.ids import CustomerId
from customer_api.credentials import repository as credentials
from customer_api.plugin import ErasureContext
from customer_api.security import counters


class RateLimitAnonymizer:
    """Deletes login and mail counters of the address, and of those that mailed keys lead to.

    So it runs before the keys are wiped.
    """

    name = "rate_limits"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of counters deleted."""
        others = credentials.list_email_keys(context.connection, CustomerId(context.customer_id))
        return sum(counters.forget(context.connection, key) for key in {context.email_key, *others})
