"""Giving a customer another e-mail address, and taking it back."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.credentials import repository as credentials
from customer_api.credentials.errors import PasswordWrong
from customer_api.credentials.mails import KeyMails
from customer_api.credentials.password_checks import (
    PasswordChecks,
    RightPassword,
    TypedPassword,
)
from customer_api.credentials.repository import StoredKey
from customer_api.credentials.voiding import void_keys_but_undo
from customer_api.customers import repository as customers
from customer_api.customers.emails import email_key
from customer_api.customers.errors import EmailTaken
from customer_api.customers.events import (
    record_changes,
    record_login_failure,
    record_password_change,
)
from customer_api.customers.mails import mail_to
from customer_api.customers.models import Customer, Units
from customer_api.email_change.errors import EmailChangeKeyInvalid
from customer_api.mail.message import (
    EMAIL_CHANGE,
    EMAIL_CHANGE_UNDONE,
    EMAIL_CHANGED,
    PASSWORD_REMOVED,
)
from customer_api.mail.outbox import Outbox
from customer_api.newsletter.mailboxes import prove_mailbox
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security import counters
from customer_api.security.login_limits import LoginLimits
from customer_api.security.rate_limit import MailboxLimits
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository as tokens


@dataclass(frozen=True, slots=True)
class ConfirmEmail:
    """Command: apply a pending change with the key from the new mailbox."""

    key: str
    password: str
    client_address: str


class EmailChangeService:
    """Changes addresses: the new mailbox proves itself, the old one is told and can undo it."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        checks: PasswordChecks,
        logins: LoginLimits,
        mailboxes: MailboxLimits,
        outbox: Outbox,
        changes: KeyMails,
        undos: KeyMails,
        restores: KeyMails,
    ) -> None:
        self._units = units
        self._clock = clock
        self._checks = checks
        self._logins = logins
        self._mailboxes = mailboxes
        self._outbox = outbox
        self._changes = changes
        self._undos = undos
        self._restores = restores

    def request(self, connection: Connection, customer: Customer, email: str) -> None:
        """Mail a key to another address of a locked customer; an older request dies.

        Beyond the limit of the mailbox nothing happens, and a key that it got before stays good.

        Raises:
            EmailTaken: another account has the address, or can still take it back.
        """
        now = self._clock.now()
        owner = customers.find_by_email(connection, email)
        holder = credentials.find_holder(connection, email, but_for=customer.id, now=now)
        if owner is not None or holder is not None:
            raise EmailTaken
        if self._mailboxes.allow(connection, email_key(email)):
            self._changes.send_to(connection, customer, email, EMAIL_CHANGE)

    def apply(
        self, connection: Connection, before: Customer, values: Mapping[str, object]
    ) -> Customer:
        """Like `move`, and tell the old address how to undo it; all other mailed keys die.

        Only for customers who have proven the old address: whoever reads it gets a key to the account.
        """
        after = self.move(connection, before, values)
        void_keys_but_undo(connection, before.id, now=self._clock.now())
        self._undos.send_to(connection, before, before.email, EMAIL_CHANGED)
        return after

    def move(
        self, connection: Connection, before: Customer, values: Mapping[str, object]
    ) -> Customer:
        """Give a locked customer another address, and tell nobody; keys and sessions are the caller's.

        Args:
            connection: in a transaction.
            before: the customer as it was.
            values: columns to set, `email` among them.

        Raises:
            EmailTaken: another account has the address, or can still take it back.
        """
        now = self._clock.now()
        after = customers.change(connection, before.id, values, now=now)
        if credentials.find_holder(connection, after.email, but_for=after.id, now=now) is not None:
            raise EmailTaken
        counters.forget(connection, before.email_key)
        record_changes(connection, before, after, now=now)
        return after

    async def confirm(self, command: ConfirmEmail) -> None:
        """Apply a pending change, and end all sessions of the customer.

        Whoever reads the new mailbox needs the password, too; a wrong one counts as a failed login
        and leaves the key usable.

        Raises:
            EmailChangeKeyInvalid: the key does not work, for whatever reason.
            TooManyAttempts: the account is blocked for this client address.
            TooManyRequests: the address failed to log in to too many accounts.
            PasswordWrong: the password is another one.
            EmailTaken: another account got the address meanwhile.
            HashingBusy: too many passwords to verify at once.
        """
        owner = await self._units.read(
            lambda connection: self._changes.keys.find_owner(connection, command.key)
        )
        if owner is None:
            raise EmailChangeKeyInvalid
        typed = TypedPassword(owner.email_key, command.password, command.client_address)

        async def act(right: RightPassword[Customer]) -> Customer:
            return await self._units.write(lambda it: self._finish(it, right, command))

        customer = await self._checks.run(
            typed,
            act,
            find=lambda it: (owner, credentials.find_password_hash(it, owner.id)),
            refusal=PasswordWrong,
            record_failure=record_login_failure,
        )
        record(SecurityEvent.EMAIL_CHANGED, reference=customer.reference)

    async def undo(self, key: str) -> None:
        """Give the customer back the address that the key was mailed to, and lock everybody out.

        The password is removed, all sessions end, and the address gets a key to restore the
        password. Later changes are undone with this one and their undo keys die; those of earlier
        changes live on, because whoever had the account first must be able to get it back.

        Raises:
            EmailChangeKeyInvalid: the key does not work, for whatever reason.
            EmailTaken: an import gave the address to another customer; the key stays usable.
        """

        def work(connection: Connection) -> Customer:
            before, used = self._take(connection, self._undos, key)
            after = self.move(connection, before, {"email": used.email})
            now = self._clock.now()
            prove_mailbox(connection, after, now=now)
            void_keys_but_undo(connection, before.id, now=now, before=used.id)
            credentials.remove_password(connection, before.id)
            record_password_change(connection, after, now=now)
            tokens.end_all_sessions(connection, before.id, EndReason.EMAIL_CHANGED, now=now)
            self._restores.send(connection, after, PASSWORD_REMOVED)
            if after.email_key != before.email_key:
                self._outbox.put(connection, mail_to(before, EMAIL_CHANGE_UNDONE))
            return after

        customer = await self._units.write(work)
        record(SecurityEvent.EMAIL_CHANGE_UNDONE, reference=customer.reference)

    def _finish(
        self, connection: Connection, right: RightPassword[Customer], command: ConfirmEmail
    ) -> Customer:
        before, key = self._take(connection, self._changes, command.key)
        right.require_stored(credentials.find_password_hash(connection, right.account.id))
        after = self.apply(connection, before, {"email": key.email})
        now = self._clock.now()
        prove_mailbox(connection, after, now=now)
        tokens.end_all_sessions(connection, before.id, EndReason.EMAIL_CHANGED, now=now)
        self._logins.succeeded(connection, after.email_key, command.client_address)
        return after

    @staticmethod
    def _take(connection: Connection, mails: KeyMails, key: str) -> tuple[Customer, StoredKey]:
        taken = mails.keys.take(connection, key)
        if taken is None:
            raise EmailChangeKeyInvalid
        return taken
