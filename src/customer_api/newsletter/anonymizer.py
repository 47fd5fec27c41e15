"""Erasure of subscriptions."""

from customer_api.core.ids import CustomerId
from customer_api.credentials import repository as credentials
from customer_api.mail.outbox import Outbox
from customer_api.newsletter import repository, request_repository
from customer_api.plugin import ErasureContext


class NewsletterAnonymizer:
    """Deletes the customer's subscriptions, and a guest's of the same mailbox once it was proven.

    No trace stays by which the mailbox could be kept from subscribing again: that takes its own
    confirmation anyway. Requests at which nobody has looked yet go for former addresses, too, so it
    runs before the keys are wiped.
    """

    name = "newsletter"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of subscriptions and requests deleted."""
        connection, customer_id = context.connection, CustomerId(context.customer_id)
        gone = repository.erase(connection, customer_id, context.email_key)
        Outbox.forget_about(connection, gone)
        keys = {context.email_key, *credentials.list_email_keys(connection, customer_id)}
        return len(gone) + request_repository.forget(connection, keys)
