"""Changing and restoring passwords."""

from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.credentials import repository as credentials
from customer_api.credentials.errors import NewPasswordsDiffer, PasswordWrong
from customer_api.credentials.keys import MailedKeys
from customer_api.credentials.mails import KeyMails
from customer_api.credentials.password_checks import (
    PasswordChecks,
    RightPassword,
    TypedPassword,
)
from customer_api.credentials.voiding import void_keys_but_undo, void_keys_of_password
from customer_api.customers import repository as customers
from customer_api.customers.errors import PasswordsDiffer
from customer_api.customers.events import record_login_failure, record_password_change
from customer_api.customers.models import Customer, Session, Units
from customer_api.customers.service import require_customer, require_owner
from customer_api.events import recording
from customer_api.events.models import EventType
from customer_api.mail.message import PASSWORD_CHANGED, PASSWORD_REMOVED
from customer_api.newsletter.mailboxes import prove_mailbox
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.passwords.errors import PasswordUndoKeyInvalid, RestoreKeyInvalid
from customer_api.security.hashing import PasswordHasher
from customer_api.security.login_limits import LoginLimits
from customer_api.security.password_policy import PasswordPolicy
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository as tokens


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """Command: replace the known password."""

    password: str
    new_password: str
    confirm_password: str
    client_address: str


@dataclass(frozen=True, slots=True)
class RestorePassword:
    """Command: set a password with a mailed key."""

    key: str
    password: str
    confirm_password: str
    client_address: str


class PasswordService:
    """Changes passwords, and with each change ends sessions and tells the mailbox."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        hasher: PasswordHasher,
        checks: PasswordChecks,
        policy: PasswordPolicy,
        logins: LoginLimits,
        confirmation_keys: MailedKeys,
        restore_keys: MailedKeys,
        restores: KeyMails,
        undos: KeyMails,
    ) -> None:
        self._units = units
        self._clock = clock
        self._hasher = hasher
        self._checks = checks
        self._policy = policy
        self._logins = logins
        self._confirmation_keys = confirmation_keys
        self._restore_keys = restore_keys
        self._restores = restores
        self._undos = undos

    async def change(
        self,
        claims: Claims,
        reference: str,
        command: ChangePassword,
        *,
        keep: Keep[None] = keep_nothing,
    ) -> None:
        """Replace the password and end the customer's other sessions.

        `keep` is called inside the transaction of the change (`UnitsOfWork.write`).

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
            NotWhileImpersonating: an operator acts as the customer.
            NewPasswordsDiffer: the new password and its repetition are not the same.
            PasswordWrong: the current password is another one; that counts as a failed login.
            TooManyAttempts: the account is blocked for this client address.
            TooManyRequests: the address failed to log in to too many accounts.
            PasswordRefused: the policy rejects the new one.
        """

        def begin(_connection: Connection, session: Session) -> Customer:
            require_owner(session, reference)
            require_customer(session)
            return session.customer

        customer = await self._units.write_as(claims, begin)
        if command.new_password != command.confirm_password:
            raise NewPasswordsDiffer
        subject, address = customer.email_key, command.client_address

        async def act(right: RightPassword[Customer]) -> None:
            self._policy.check(command.new_password, email=customer.email)
            new_digest = await self._hasher.hash(command.new_password)

            def finish(connection: Connection, session: Session) -> None:
                right.require_stored(credentials.find_password_hash(connection, right.account.id))
                now = self._clock.now()
                credentials.set_password_hash(connection, session.customer.id, new_digest, now=now)
                record_password_change(connection, session.customer, now=now)
                tokens.end_other_sessions(connection, session, EndReason.PASSWORD_CHANGED, now=now)
                void_keys_of_password(connection, session.customer.id, now=now)
                self._undos.send(connection, session.customer, PASSWORD_CHANGED)
                self._logins.succeeded(connection, subject, address)

            await self._units.write_as(claims, finish, keep)

        await self._checks.run(
            TypedPassword(subject, command.password, address),
            act,
            find=lambda it: (customer, credentials.find_password_hash(it, customer.id)),
            refusal=PasswordWrong,
            record_failure=record_login_failure,
        )
        record(SecurityEvent.PASSWORD_CHANGED, reference=reference, session=claims.session)

    async def restore(self, command: RestorePassword) -> None:
        """Set a new password with a mailed key, and end all sessions.

        Completing a restore proves the mailbox, so an unconfirmed customer is confirmed by it,
        login blocks of the account end, and the client is no stranger to it any more.

        Raises:
            PasswordsDiffer: the password and its repetition are not the same.
            RestoreKeyInvalid: the key does not work, for whatever reason.
            PasswordRefused: the policy rejects the password; the key stays usable.
        """
        if command.password != command.confirm_password:
            raise PasswordsDiffer
        owner = await self._units.read(
            lambda connection: self._restore_keys.find_owner(connection, command.key)
        )
        if owner is None:
            raise RestoreKeyInvalid
        self._policy.check(command.password, email=owner.email)
        digest = await self._hasher.hash(command.password)

        def work(connection: Connection) -> Customer:
            customer = self._restore_keys.use(connection, command.key)
            if customer is None:
                raise RestoreKeyInvalid
            now = self._clock.now()
            credentials.set_password_hash(connection, customer.id, digest, now=now)
            record_password_change(connection, customer, now=now)
            tokens.end_all_sessions(connection, customer.id, EndReason.PASSWORD_CHANGED, now=now)
            prove_mailbox(connection, customer, now=now)
            if customers.mark_registered(connection, customer.id, now=now):
                recording.record(
                    connection, EventType.CUSTOMER_CONFIRMED, customer.reference, now=now
                )
            self._confirmation_keys.void(connection, customer.id)
            void_keys_of_password(connection, customer.id, now=now)
            self._undos.send(connection, customer, PASSWORD_CHANGED)
            self._logins.succeeded(connection, customer.email_key, command.client_address)
            return customer

        customer = await self._units.write(work)
        record(SecurityEvent.PASSWORD_RESTORED, reference=customer.reference)

    async def undo(self, key: str) -> None:
        """Lock everybody out with the key from the mail that told of a new password.

        The password is removed, all sessions end, and the mailbox gets a key to restore it. The
        other mailed keys die; who had the account under an earlier address can still take it back.

        Raises:
            PasswordUndoKeyInvalid: the key does not work, for whatever reason.
        """

        def work(connection: Connection) -> Customer:
            customer = self._undos.keys.use(connection, key)
            if customer is None:
                raise PasswordUndoKeyInvalid
            now = self._clock.now()
            credentials.remove_password(connection, customer.id)
            record_password_change(connection, customer, now=now)
            void_keys_but_undo(connection, customer.id, now=now)
            tokens.end_all_sessions(connection, customer.id, EndReason.PASSWORD_CHANGED, now=now)
            self._restores.send(connection, customer, PASSWORD_REMOVED)
            return customer

        customer = await self._units.write(work)
        record(SecurityEvent.PASSWORD_CHANGE_UNDONE, reference=customer.reference)
