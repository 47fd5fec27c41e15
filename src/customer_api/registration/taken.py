"""What happens when somebody registers an address that has an account."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.credentials import repository as credentials
from customer_api.credentials.mails import KeyMails
from customer_api.customers import repository as customers
from customer_api.customers.mails import mail_to
from customer_api.customers.models import Customer, Units
from customer_api.mail.message import ACCOUNT_EXISTS, REGISTRATION_CONFIRMATION
from customer_api.mail.outbox import Outbox
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.registration import repository
from customer_api.security.hashing import PasswordHasher
from customer_api.security.rate_limit import MailboxLimits

FRESH: Final = timedelta(minutes=1)
"""A confirmation mail younger than this is still on its way; a double click needs no other one."""


@dataclass(frozen=True, slots=True)
class TakenAddress:
    """An address that was registered although it has an account."""

    owner: Customer
    digest: str | None
    """Of the owner's password, as far as it may be compared: None once the account is confirmed."""


class TakenAddresses:
    """Tells the mailbox, a few times an hour at the most, and distrusts passwords of strangers."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        hasher: PasswordHasher,
        mailboxes: MailboxLimits,
        outbox: Outbox,
        confirmations: KeyMails,
    ) -> None:
        self._units = units
        self._clock = clock
        self._hasher = hasher
        self._mailboxes = mailboxes
        self._outbox = outbox
        self._confirmations = confirmations

    async def tell(self, taken: TakenAddress, password: str) -> bool:
        """Mail a fresh key to an unconfirmed account, and to others that there is one.

        Who repeats the registration with the same password is the same person: somebody who clicked
        twice, or whose answer got lost. Otherwise the stored password is not trusted any more,
        because nobody knows who chose it. Both take the same time.

        Returns False when the owner has lost the address meanwhile; then nobody is told.

        Raises:
            HashingBusy: too many passwords wait.
        """
        verification = await self._hasher.verify(password, taken.digest)

        def work(connection: Connection) -> bool | None:
            owner = customers.lock(connection, taken.owner.id)
            if owner.email_key != taken.owner.email_key:
                return None
            if owner.is_registered:
                return self._put(connection, owner)
            digest = credentials.find_password_hash(connection, owner.id)
            is_same_person = verification.matches and digest == taken.digest
            note = repository.mark_attempted if is_same_person else repository.mark_repeated
            note(connection, owner.id, now=self._clock.now())
            if self._confirmations.keys.was_issued_since(
                connection, owner.id, self._clock.now() - FRESH
            ):
                return True
            return self._put(connection, owner)

        is_within_limit = await self._units.write(work)
        if is_within_limit is None:
            return False
        record(SecurityEvent.REGISTRATION_REPEATED, reference=taken.owner.reference)
        if not is_within_limit:
            record(SecurityEvent.MAIL_LIMIT_REACHED, reference=taken.owner.reference)
        return True

    def _put(self, connection: Connection, owner: Customer) -> bool:
        """Queue the mail, unless the mailbox got too many; return whether it was queued."""
        if not self._mailboxes.allow(connection, owner.email_key):
            return False
        if owner.is_registered:
            self._outbox.put(connection, mail_to(owner, ACCOUNT_EXISTS))
        else:
            self._confirmations.send(connection, owner, REGISTRATION_CONFIRMATION)
        return True
