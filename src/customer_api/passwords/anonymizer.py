"""Erasure of requests for restore mails."""

from customer_api.core.ids import CustomerId
from customer_api.credentials import repository as credentials
from customer_api.passwords import repository
from customer_api.plugin import ErasureContext


class RestoreRequestAnonymizer:
    """Removes requests that were not answered yet, also about addresses that mailed keys lead to.

    So it runs before the keys are wiped.
    """

    name = "restore_requests"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of requests removed."""
        connection = context.connection
        others = credentials.list_email_keys(connection, CustomerId(context.customer_id))
        return sum(
            repository.forget(connection, key) for key in sorted({context.email_key, *others})
        )
