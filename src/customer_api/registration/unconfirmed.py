"""Mails to customers whose mailbox nobody has proven yet, for whom an operator asks."""

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.credentials import repository as credentials
from customer_api.credentials.mails import KeyMails
from customer_api.customers.models import Access, Customer, CustomerUnits
from customer_api.mail.message import REGISTRATION_CONFIRMATION
from customer_api.registration import repository
from customer_api.registration.errors import AlreadyConfirmed
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import HOUR_SECONDS, MailboxLimits, TooManyRequests, recorded


class ConfirmationMails:
    """Queues mails with a key that confirms an account, within the limits of the mailbox."""

    def __init__(
        self,
        *,
        units: CustomerUnits,
        clock: Clock,
        mailboxes: MailboxLimits,
        confirmations: KeyMails,
    ) -> None:
        self._units = units
        self._clock = clock
        self._mailboxes = mailboxes
        self._confirmations = confirmations

    async def send(self, claims: Claims, *, keep: Keep[None] = keep_nothing) -> None:
        """Mail a key that confirms the account.

        Nobody knows who chose a password that the account has by now. It is treated as after a
        repeated registration: confirming removes it, and a restore mail follows.

        Raises:
            AlreadyConfirmed: it is confirmed.
            TooManyRequests: the mailbox got its mails for this hour.
        """

        def work(connection: Connection, access: Access) -> None:
            if access.customer.is_registered:
                raise AlreadyConfirmed
            if not self._mailboxes.allow(connection, access.customer.email_key):
                raise recorded(TooManyRequests(HOUR_SECONDS, Kind.MAILS))
            self._distrust(connection, access.customer)
            self._confirmations.send(connection, access.customer, REGISTRATION_CONFIRMATION)

        await self._units.write_as(claims, work, keep)

    def _distrust(self, connection: Connection, customer: Customer) -> None:
        if credentials.find_password_hash(connection, customer.id) is not None:
            repository.mark_repeated(connection, customer.id, now=self._clock.now())
