"""Mails to customers whose mailbox nobody has proven yet, for whom an operator asks."""

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.credentials import repository as credentials
from customer_api.credentials.mails import KeyMails
from customer_api.credentials.voiding import void_all_keys
from customer_api.customers.models import Access, Customer, CustomerUnits
from customer_api.mail.message import PASSWORD_INVITATION, REGISTRATION_CONFIRMATION
from customer_api.registration import repository
from customer_api.registration.errors import AlreadyConfirmed
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import HOUR_SECONDS, MailboxLimits, TooManyRequests, recorded


class ConfirmationMails:
    """Queues mails with a key that confirms an account, within the limits of the mailbox.

    Nobody knows who chose a password that the account has by then. It is treated as after a repeated
    registration: confirming removes it, and a restore mail follows.
    """

    def __init__(
        self,
        *,
        units: CustomerUnits,
        clock: Clock,
        mailboxes: MailboxLimits,
        confirmations: KeyMails,
        invitations: KeyMails,
    ) -> None:
        self._units = units
        self._clock = clock
        self._mailboxes = mailboxes
        self._confirmations = confirmations
        self._invitations = invitations

    async def send(self, claims: Claims, *, keep: Keep[None] = keep_nothing) -> None:
        """Mail a key that confirms the account.

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

    def send_again(self, connection: Connection, customer: Customer) -> None:
        """Void all mailed keys of an unconfirmed customer, and mail the present address a new one.

        It is one for a password if the customer had such a one that worked, else one that confirms.
        Beyond the limit of the mailbox no mail is sent; that can be done later.
        """
        now, keys = self._clock.now(), self._invitations.keys
        is_invited = keys.was_issued_since(connection, customer.id, now - keys.ttl)
        void_all_keys(connection, customer.id, now=now)
        self._distrust(connection, customer)
        if not self._mailboxes.allow(connection, customer.email_key):
            return
        if is_invited:
            self._invitations.send(connection, customer, PASSWORD_INVITATION)
        else:
            self._confirmations.send(connection, customer, REGISTRATION_CONFIRMATION)

    def _distrust(self, connection: Connection, customer: Customer) -> None:
        if credentials.find_password_hash(connection, customer.id) is not None:
            repository.mark_repeated(connection, customer.id, now=self._clock.now())
