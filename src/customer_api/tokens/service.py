"""Logging in and refreshing."""

from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.credentials import repository as credentials
from customer_api.credentials.password_checks import (
    PasswordChecks,
    RightPassword,
    TypedPassword,
)
from customer_api.customers import repository as customers
from customer_api.customers.emails import email_key
from customer_api.customers.events import record_login_failure
from customer_api.customers.mails import mail_to
from customer_api.customers.models import Customer, Units
from customer_api.mail.message import REFRESH_TOKEN_REUSED
from customer_api.mail.outbox import Outbox
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security import one_time_keys
from customer_api.security.login_limits import LoginLimits
from customer_api.security.rate_limit import MailboxLimits
from customer_api.security.refresh_tokens import (
    EndReason,
    RefreshFailed,
    RefreshTokenReused,
    RefreshTokens,
    RefreshTokenUnknown,
)
from customer_api.tokens import repository
from customer_api.tokens.errors import LoginFailed
from customer_api.tokens.grants import Grant, Grants, TokenPair


@dataclass(frozen=True, slots=True)
class LogIn:
    """Command: start a session with a password."""

    username: str
    password: str
    client_address: str
    device: str | None = None
    """What the client calls itself (`User-Agent`); shown to the customer among their sessions."""


class TokenService:
    """Issues and ends sessions."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        passwords: PasswordChecks,
        limits: LoginLimits,
        mailboxes: MailboxLimits,
        outbox: Outbox,
        grants: Grants,
        refresh_tokens: RefreshTokens,
    ) -> None:
        self._units = units
        self._clock = clock
        self._passwords = passwords
        self._limits = limits
        self._mailboxes = mailboxes
        self._outbox = outbox
        self._grants = grants
        self._refresh_tokens = refresh_tokens

    async def log_in(self, command: LogIn) -> TokenPair:
        """Start a session; a good old password digest is replaced by a better one.

        Raises:
            LoginFailed: whatever is wrong, in the same time.
            TooManyAttempts: this account is blocked for this client address, or strangers to it wait.
            TooManyRequests: the address failed to log in to too many accounts.
            HashingBusy: too many logins at once.
        """
        typed = TypedPassword(email_key(command.username), command.password, command.client_address)

        async def act(right: RightPassword[Customer]) -> Grant:
            return await self._units.write(
                lambda it: self._finish(it, right, typed, command.device)
            )

        grant = await self._passwords.run(
            typed,
            act,
            find=lambda it: credentials.find_login(it, command.username),
            refusal=LoginFailed,
            record_failure=record_login_failure,
        )
        record(SecurityEvent.LOGIN_SUCCEEDED, reference=grant.reference, session=grant.session_uuid)
        return self._grants.pair(grant)

    async def require_unblocked(self, username: str, client_address: str) -> None:
        """Look whether a login could be tried; counts nothing.

        Raises:
            TooManyAttempts: this account is blocked for this client address.
        """
        await self._limits.check(email_key(username), client_address)

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Exchange a refresh token for its one successor and a fresh access token.

        A repetition within the retry time gets the same successor, so a lost answer logs nobody
        out; a later one means that two parties hold the token: it ends the session, and the owner is
        told by mail (RFC 9700, section 4.14.2).

        Raises:
            RefreshFailed: expired, or the session is over.
            RefreshTokenUnknown: no customer's.
            RefreshTokenReused: the session was ended because of this call.
        """

        def work(connection: Connection) -> Grant:
            digest = one_time_keys.digest(refresh_token)
            whose = repository.find_owner(connection, digest, now=self._clock.now())
            if whose is None:
                raise RefreshTokenUnknown
            if not whose.has_live_agent:
                raise RefreshFailed(EndReason.AGENT_ENDED)
            owner = customers.lock(connection, whose.customer_id)
            try:
                rotated = self._refresh_tokens.exchange(connection, refresh_token)
            except RefreshTokenReused:
                if self._mailboxes.allow_notice(connection, owner.email_key):
                    self._outbox.put(connection, mail_to(owner, REFRESH_TOKEN_REUSED))
                raise
            return Grant(
                rotated.session_uuid, owner.reference, rotated.refresh_token, whose.impersonator
            )

        try:
            return self._grants.pair(await self._refresh_tokens.run(self._units, work))
        except RefreshTokenReused as reuse:
            record(SecurityEvent.REFRESH_TOKEN_REUSED, session=reuse.session_uuid)
            raise

    def _finish(
        self,
        connection: Connection,
        right: RightPassword[Customer],
        typed: TypedPassword,
        device: str | None,
    ) -> Grant:
        owner = customers.lock(connection, right.account.id)
        if not owner.may_log_in:
            raise LoginFailed  # unconfirmed, locked, or erased while we hashed
        right.require_stored(credentials.find_password_hash(connection, right.account.id))
        if right.replacement is not None:
            credentials.replace_password_hash(
                connection, owner.id, old=right.digest, new=right.replacement
            )
        self._limits.succeeded(connection, typed.subject, typed.client_address)
        return self._grants.start(connection, owner, device)
