"""Erasure of the address book."""

from customer_api.addresses import repository
from customer_api.core.ids import CustomerId
from customer_api.plugin import ErasureContext


class AddressAnonymizer:
    """Empties and hides every address, those that the customer had removed too."""

    name = "addresses"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of addresses emptied."""
        return repository.erase_of_customer(
            context.connection, CustomerId(context.customer_id), now=context.now
        )
