"""Erasure of subscriptions."""

from customer_api.core.ids import CustomerId
from customer_api.credentials import repository as credentials
from customer_api.newsletter import mailboxes, request_repository
from customer_api.plugin import ErasureContext


class NewsletterAnonymizer:
    """Deletes the customer's subscriptions, and a guest's of the same mailbox once it was proven.

    No trace stays by which the mailbox could be kept from subscribing again: that takes its own
    confirmation anyway. Whoever sends the newsletters is told to stop. Requests at which nobody has
    looked yet go for former addresses, too, so it runs before the keys are wiped.
    """

    name = "newsletter"

    def erase(self, context: ErasureContext) -> int:
        """Return the number of subscriptions and requests deleted."""
        connection, customer_id = context.connection, CustomerId(context.customer_id)
        gone = mailboxes.erase(connection, customer_id, context.email_key, now=context.now)
        keys = {context.email_key, *credentials.list_email_keys(connection, customer_id)}
        return gone + request_repository.forget(connection, keys)
