"""Erasure of memberships."""

from customer_api.core.ids import CustomerId
from customer_api.groups import repository
from customer_api.plugin import ErasureContext


class GroupAnonymizer:
    """Takes the customer out of all groups."""

    name = "groups"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of memberships deleted."""
        return repository.remove_from_all(context.connection, CustomerId(context.customer_id))
