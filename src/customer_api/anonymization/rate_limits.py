"""Erasure of counters that are kept by e-mail address."""

from customer_api.plugin import ErasureContext
from customer_api.security import rate_limit


class RateLimitAnonymizer:
    """Deletes login and mail counters of the address."""

    name = "rate_limits"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of counters deleted."""
        return rate_limit.forget(context.connection, context.email_key)
