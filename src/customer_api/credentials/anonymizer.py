"""Erasure of passwords and keys."""

from customer_api.core.ids import CustomerId
from customer_api.credentials import repository
from customer_api.plugin import ErasureContext


class CredentialAnonymizer:
    """Removes the password digest and every mailed key."""

    name = "credentials"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of digests and keys removed."""
        customer_id = CustomerId(context.customer_id)
        return repository.remove_password(
            context.connection, customer_id
        ) + repository.remove_all_keys(context.connection, customer_id)
