"""Logging in, refreshing and logging out."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Literal

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.ids import CustomerId, SessionId, random_uuid
from customer_api.core.types import Claims
from customer_api.credentials import repository as credentials
from customer_api.customers import repository as customers
from customer_api.customers.emails import email_key
from customer_api.customers.models import Customer, Session, Units
from customer_api.security import one_time_keys
from customer_api.security.hashing import PasswordHasher, Verification
from customer_api.security.jwt import AccessTokens
from customer_api.security.rate_limit import LoginLimits
from customer_api.tokens import repository
from customer_api.tokens.errors import LoginFailed, RefreshFailed, RefreshTokenReused
from customer_api.tokens.models import EndReason
from customer_api.tokens.subject import Subjects

logger = logging.getLogger(__name__)

CUSTOMER_SCOPE: Final = "customer"


@dataclass(frozen=True, slots=True)
class LogIn:
    """Command: start a session with a password."""

    username: str
    password: str
    client_address: str


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client gets: both secrets and the lifetime of the first."""

    access_token: str
    refresh_token: str
    expires_in_seconds: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750


@dataclass(frozen=True, slots=True)
class TokenLifetimes:
    """How long tokens and sessions last, in seconds."""

    access: int
    refresh: int
    session: int
    retry: int


@dataclass(frozen=True, slots=True)
class _Grant:
    session_uuid: str
    reference: str
    refresh_token: str


@dataclass(frozen=True, slots=True)
class _OtherDigest:
    digest: str | None


class TokenService:
    """Issues and ends sessions."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        hasher: PasswordHasher,
        limits: LoginLimits,
        access_tokens: AccessTokens,
        subjects: Subjects,
        refresh_secrets: Sequence[bytes],
        lifetimes: TokenLifetimes,
    ) -> None:
        self._units = units
        self._clock = clock
        self._hasher = hasher
        self._limits = limits
        self._access_tokens = access_tokens
        self._subjects = subjects
        self._refresh_secrets = refresh_secrets
        self._lifetimes = lifetimes

    async def log_in(self, command: LogIn) -> TokenPair:
        """Start a session; a good old password digest is replaced by a better one.

        Raises:
            LoginFailed: whatever is wrong, in the same time.
            TooManyAttempts: this account is blocked for this client address.
            HashingBusy: too many logins at once.
        """
        key = email_key(command.username)

        def begin(connection: Connection) -> tuple[Customer | None, str | None]:
            self._limits.reserve(connection, key, command.client_address)
            customer = customers.find_by_email(connection, command.username)
            if customer is None:
                return None, None
            return customer, credentials.find_password_hash(connection, customer.id)

        customer, digest = await self._units.write(begin)
        while True:
            verification = await self._hasher.verify(command.password, digest)
            if not verification.matches or customer is None or digest is None:
                raise LoginFailed
            finish = partial(
                self._finish, customer_id=customer.id, digest=digest, verification=verification
            )
            outcome = await self._units.write(finish)
            if isinstance(outcome, _Grant):
                return self._pair(outcome)
            digest = outcome.digest

    async def require_unblocked(self, username: str, client_address: str) -> None:
        """Look whether a login could be tried; counts nothing.

        Raises:
            TooManyAttempts: this account is blocked for this client address.
        """
        key = email_key(username)
        await self._units.read(lambda it: self._limits.check(it, key, client_address))

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Exchange a refresh token for its one successor and a fresh access token.

        A repetition within the retry time gets the same successor, so a lost answer logs nobody
        out; a later one means that two parties hold the token, and ends the session (RFC 9700
        section 4.14.2).

        Raises:
            RefreshFailed: unknown, expired, or the session is over.
            RefreshTokenReused: the session was ended because of this call.
        """

        def work(connection: Connection) -> _Grant:
            digest = one_time_keys.digest(refresh_token)
            owner_id = repository.find_owner(connection, digest)
            if owner_id is None:
                raise RefreshFailed
            owner = customers.lock(connection, owner_id)
            stored = repository.find_refresh_token(connection, digest)
            now = self._clock.now()
            if stored is None or stored.session_ended_at or stored.session_expires_at <= now:
                raise RefreshFailed
            if stored.used_at is not None:
                successor = self._repeat(connection, stored, refresh_token)
            else:
                successor = self._rotate(connection, stored, refresh_token)
            return _Grant(stored.session_uuid, owner.reference, successor)

        return self._pair(await self._units.write(work))

    async def log_out(self, claims: Claims, refresh_token: str) -> None:
        """End the caller's session that a refresh token belongs to; any other value does nothing."""

        def work(connection: Connection, session: Session) -> None:
            digest = one_time_keys.digest(refresh_token)
            if repository.find_owner(connection, digest) != session.customer.id:
                return
            stored = repository.find_refresh_token(connection, digest)
            assert stored is not None, "the owner was found by the same digest"
            repository.end_session(
                connection, stored.session_id, EndReason.LOGGED_OUT, now=self._clock.now()
            )

        await self._units.write_as(claims, work)

    async def log_out_everywhere(self, claims: Claims) -> None:
        """End all sessions of the caller, this one included."""

        def work(connection: Connection, session: Session) -> None:
            repository.end_all_sessions(
                connection, session.customer.id, EndReason.LOGGED_OUT, now=self._clock.now()
            )

        await self._units.write_as(claims, work)

    def _finish(
        self,
        connection: Connection,
        *,
        customer_id: CustomerId,
        digest: str,
        verification: Verification,
    ) -> _Grant | _OtherDigest:
        """Start the session, unless another digest is stored than the one that was verified.

        Then a parallel login stored a better digest of the same password, or somebody changed or
        removed the password; verifying the password with that digest shows which.
        """
        owner = customers.lock(connection, customer_id)
        if not owner.is_registered:
            raise LoginFailed  # unconfirmed, or erased while we hashed
        stored = credentials.find_password_hash(connection, customer_id)
        if stored != digest:
            return _OtherDigest(stored)
        self._limits.succeeded(connection, owner.email_key)
        self._replace_digest(connection, owner, digest, verification)
        return self._start(connection, owner)

    def _replace_digest(
        self, connection: Connection, owner: Customer, digest: str, verification: Verification
    ) -> None:
        if verification.replacement is not None:
            credentials.replace_password_hash(
                connection, owner.id, old=digest, new=verification.replacement
            )

    def _start(self, connection: Connection, owner: Customer) -> _Grant:
        now = self._clock.now()
        expires_at = now + timedelta(seconds=self._lifetimes.session)
        uuid = random_uuid()
        session_id = repository.add_session(
            connection, owner.id, uuid=uuid, now=now, expires_at=expires_at
        )
        refresh_token = one_time_keys.new_key()
        self._add_refresh_token(connection, session_id, refresh_token, session_ends=expires_at)
        return _Grant(uuid, owner.reference, refresh_token)

    def _rotate(
        self, connection: Connection, stored: repository.StoredRefreshToken, token: str
    ) -> str:
        now = self._clock.now()
        if stored.expires_at <= now or not repository.use_refresh_token(
            connection, stored.id, now=now
        ):
            raise RefreshFailed
        successor = one_time_keys.successor(token, self._refresh_secrets[0])
        self._add_refresh_token(
            connection, stored.session_id, successor, session_ends=stored.session_expires_at
        )
        return successor

    def _repeat(
        self, connection: Connection, stored: repository.StoredRefreshToken, token: str
    ) -> str:
        now = self._clock.now()
        assert stored.used_at is not None, "only used tokens are repeated"
        if (
            now - stored.used_at > timedelta(seconds=self._lifetimes.retry)
            or not self._lifetimes.retry
        ):
            repository.end_session(connection, stored.session_id, EndReason.REUSED, now=now)
            logger.warning("refresh_token_reused", extra={"session": stored.session_uuid})
            raise RefreshTokenReused
        for secret in self._refresh_secrets:
            successor = one_time_keys.successor(token, secret)
            child = repository.find_refresh_token(connection, one_time_keys.digest(successor))
            if child is not None and child.used_at is None and child.expires_at > now:
                return successor
        raise RefreshFailed

    def _add_refresh_token(
        self, connection: Connection, session_id: SessionId, token: str, *, session_ends: datetime
    ) -> None:
        now = self._clock.now()
        repository.add_refresh_token(
            connection,
            session_id,
            digest=one_time_keys.digest(token),
            now=now,
            expires_at=min(now + timedelta(seconds=self._lifetimes.refresh), session_ends),
        )

    def _pair(self, grant: _Grant) -> TokenPair:
        access_token = self._access_tokens.issue(
            subject=self._subjects.write(grant.reference),
            session=grant.session_uuid,
            scopes=[CUSTOMER_SCOPE],
        )
        return TokenPair(
            access_token=access_token,
            refresh_token=grant.refresh_token,
            expires_in_seconds=self._lifetimes.access,
        )
