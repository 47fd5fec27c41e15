"""Mails that carry a key in a link."""

from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.credentials.keys import MailedKeys
from customer_api.customers.mails import mail_to
from customer_api.customers.models import Customer
from customer_api.mail.outbox import Outbox


@dataclass(frozen=True, slots=True)
class KeyLink:
    """A link into the storefront; it never depends on anything in a request."""

    template: str
    storefront: str

    def with_key(self, key: str) -> str:
        """Return the link for one key."""
        return self.template.format(storefront=self.storefront, key=key)


class KeyMails:
    """Issues keys of one purpose and queues the mails that carry them."""

    def __init__(self, *, keys: MailedKeys, link: KeyLink, outbox: Outbox) -> None:
        self._keys = keys
        self._link = link
        self._outbox = outbox

    def send(self, connection: Connection, customer: Customer, template: str) -> None:
        """Queue a mail with a fresh key; the customer's older keys of the purpose die.

        A mail that cannot be delivered while its key works is wiped.
        """
        key = self._keys.issue(connection, customer.id)
        variables = {"link": self._link.with_key(key), "hours": str(self._keys.ttl_hours)}
        self._outbox.put(
            connection, mail_to(customer, template, variables), expires_after=self._keys.ttl
        )
