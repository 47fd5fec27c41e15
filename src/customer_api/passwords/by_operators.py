"""Mailing keys to customers for whom an operator asks."""

from sqlalchemy import Connection

from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.credentials.mails import KeyMails
from customer_api.customers.models import Access, CustomerUnits
from customer_api.mail.message import PASSWORD_RESTORE
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import HOUR_SECONDS, MailboxLimits, TooManyRequests, recorded


class RestoreMails:
    """Queues mails with a key for a new password, within the limits of the mailbox."""

    def __init__(
        self, *, units: CustomerUnits, mailboxes: MailboxLimits, restores: KeyMails
    ) -> None:
        self._units = units
        self._mailboxes = mailboxes
        self._restores = restores

    async def send(self, claims: Claims, *, keep: Keep[None] = keep_nothing) -> None:
        """Mail a key that sets a new password; the present one stays until then.

        Raises:
            TooManyRequests: the mailbox got its mails for this hour.
        """

        def work(connection: Connection, access: Access) -> None:
            if not self._mailboxes.allow(connection, access.customer.email_key):
                raise recorded(TooManyRequests(HOUR_SECONDS, Kind.MAILS))
            self._restores.send(connection, access.customer, PASSWORD_RESTORE)

        await self._units.write_as(claims, work, keep)
        record(SecurityEvent.PASSWORD_RESTORE_REQUESTED, session=claims.session)
