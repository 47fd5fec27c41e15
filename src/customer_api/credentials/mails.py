"""Mails that carry a key in a link."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from customer_api.credentials.keys import MailedKeys
from customer_api.customers.mails import mail_to
from customer_api.customers.models import Customer
from customer_api.mail.message import Mail
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
        self.keys = keys
        self._link = link
        self._outbox = outbox

    def send(self, connection: Connection, customer: Customer, template: str) -> None:
        """Queue a mail with a fresh key; the customer's older keys of the purpose die, but undo keys.

        A mail that cannot be delivered while its key works is wiped.
        """
        key = self.keys.issue(connection, customer.id)
        self._put(connection, mail_to(customer, template, self._variables(key)))

    def send_to(
        self, connection: Connection, customer: Customer, email: str, template: str
    ) -> None:
        """Like `send`, but to an address that is not the customer's yet, or any more.

        The key leads to that address.
        """
        key = self.keys.issue(connection, customer.id, email=email)
        mail = mail_to(customer, template, self._variables(key))
        self._put(connection, replace(mail, recipient=email))

    def _variables(self, key: str) -> dict[str, str]:
        return {
            "link": self._link.with_key(key),
            "hours": str(self.keys.ttl_hours),
            "minutes": str(self.keys.ttl_minutes),
        }

    def _put(self, connection: Connection, mail: Mail) -> None:
        self._outbox.put(connection, mail, expires_after=self.keys.ttl)
