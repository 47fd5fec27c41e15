"""Erasure of what leads from orders of guests to a person."""

from customer_api.core.ids import CustomerId
from customer_api.credentials import repository as credentials
from customer_api.orders import guests
from customer_api.plugin import ErasureContext


class GuestOrderAnonymizer:
    """Forgets the address in orders that a registered customer placed as a guest.

    Also the addresses that the customer gave up lately, but none that was only wished for: it may be a
    stranger's. So it runs before the keys are wiped. The customer's own orders need nothing: they hold
    no address but their copies, which stay.
    """

    name = "guest_orders"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of orders whose address was forgotten; 0 when called again."""
        customer_id = CustomerId(context.customer_id)
        former = credentials.list_former_email_keys(context.connection, customer_id)
        keys = {context.email_key, *former}
        return guests.forget(context.connection, keys, registered=customer_id, now=context.now)
