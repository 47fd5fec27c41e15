"""Erasure of a customer's mails."""

from customer_api.core.ids import CustomerId
from customer_api.mail.outbox import Outbox
from customer_api.plugin import ErasureContext


class MailAnonymizer:
    """Wipes address and variables of all mails; ones that still wait will not be sent."""

    name = "mail"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of mails wiped; 0 when called again."""
        return Outbox.forget(context.connection, CustomerId(context.customer_id))
