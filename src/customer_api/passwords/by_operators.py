"""Mailing keys to customers for whom an operator asks."""

from sqlalchemy import Connection

from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.credentials.mails import KeyMails
from customer_api.customers.models import Access, Customer, CustomerUnits
from customer_api.mail.message import PASSWORD_RESTORE, REGISTRATION_CONFIRMATION
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.passwords.errors import AlreadyConfirmed
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import HOUR_SECONDS, MailboxLimits, TooManyRequests, recorded


class CustomerMails:
    """Queues mails with a key, within the limits of the mailbox.

    Raises (both methods):
        TooManyRequests: the mailbox got its mails for this hour.
    """

    def __init__(
        self,
        *,
        units: CustomerUnits,
        mailboxes: MailboxLimits,
        confirmations: KeyMails,
        restores: KeyMails,
    ) -> None:
        self._units = units
        self._mailboxes = mailboxes
        self._confirmations = confirmations
        self._restores = restores

    async def send_restore(self, claims: Claims, *, keep: Keep[None] = keep_nothing) -> None:
        """Mail a key that sets a new password; the present one stays until then."""

        def work(connection: Connection, access: Access) -> None:
            self._require_room(connection, access.customer)
            self._restores.send(connection, access.customer, PASSWORD_RESTORE)

        await self._units.write_as(claims, work, keep)
        record(SecurityEvent.PASSWORD_RESTORE_REQUESTED, session=claims.session)

    async def send_confirmation(self, claims: Claims, *, keep: Keep[None] = keep_nothing) -> None:
        """Mail a key that confirms the account.

        Raises:
            AlreadyConfirmed: it is confirmed.
        """

        def work(connection: Connection, access: Access) -> None:
            if access.customer.is_registered:
                raise AlreadyConfirmed
            self._require_room(connection, access.customer)
            self._confirmations.send(connection, access.customer, REGISTRATION_CONFIRMATION)

        await self._units.write_as(claims, work, keep)

    def _require_room(self, connection: Connection, customer: Customer) -> None:
        if not self._mailboxes.allow(connection, customer.email_key):
            raise recorded(TooManyRequests(HOUR_SECONDS, Kind.MAILS))
