"""Erasure of counters that are kept by e-mail address."""

from customer_api.core.ids import CustomerId
from customer_api.credentials import repository as credentials
from customer_api.plugin import ErasureContext
from customer_api.security import counters
from customer_api.security.counters import Kind


class RateLimitAnonymizer:
    """Deletes all counters of the address, and those of mails to addresses that keys lead to.

    So it runs before the keys are wiped. Other counters of such an address are about whoever tries
    to log in under it.
    """

    name = "rate_limits"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of counters deleted."""
        connection, own = context.connection, context.email_key
        others = credentials.list_email_keys(connection, CustomerId(context.customer_id))
        return sum(
            counters.forget(connection, key)
            if key == own
            else counters.forget_kinds(connection, key, frozenset({Kind.MAILS}))
            for key in sorted({own, *others})  # in one order, as they are locked
        )
