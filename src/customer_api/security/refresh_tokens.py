"""The rule by which refresh tokens follow each other, over whatever tables hold them.

A token has exactly one successor, derived from it, so that a repetition within the retry time is
answered alike; a later one means that two parties hold the token, and ends the session (RFC 9700,
section 4.14.2).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Protocol, TypeVar

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import UnitsOfWork, Work
from customer_api.core.errors import CredentialRefused
from customer_api.core.ids import SessionId
from customer_api.security import one_time_keys
from customer_api.security.key_ring import KeyRing

T = TypeVar("T")


class EndReason(StrEnum):
    """Why a session is over; clients read it in the `meta.reason` of a 401."""

    LOGGED_OUT = "logged_out"
    REUSED = "reused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a reason, no password
    EMAIL_CHANGED = "email_changed"
    LOCKED = "locked"
    AGENT_ENDED = "agent_ended"
    """The operator is no agent any more; of an impersonation, also that their own session is over."""
    EXPIRED = "expired"
    """Never stored: the times of a session and of its tokens say so."""
    ERASED = "erased"
    """Never stored: sessions go with the customer."""


class RefreshFailed(CredentialRefused):
    """The refresh token was never issued, has expired, or its session has ended."""


class RefreshTokenUnknown(RefreshFailed):
    """The refresh token was never issued, or not to whom it was looked for among."""


class SuccessorUnknown(RefreshFailed):
    """A repeated token has a successor, but none that is derived by a key of this process."""


class RefreshTokenReused(RefreshFailed):
    """A rotated refresh token came back too late; its whole session is over now."""

    keeps_changes: ClassVar[bool] = True
    """The end of the session must outlive the refusal."""

    def __init__(self, session_uuid: str) -> None:
        super().__init__(EndReason.REUSED)
        self.session_uuid = session_uuid


@dataclass(frozen=True, slots=True)
class StoredRefreshToken:
    """A refresh token row with what matters of its session. Times are UTC."""

    id: int
    session_id: SessionId
    expires_at: datetime
    used_at: datetime | None
    session_uuid: str
    session_expires_at: datetime
    session_ended_at: datetime | None
    session_end_reason: str | None


class RefreshTokenTable(Protocol):
    """The statements that the rule needs."""

    def find_refresh_token(
        self, connection: Connection, digest: bytes
    ) -> StoredRefreshToken | None:
        """Return a token by the digest of its value, spent and expired ones included."""

    def use_refresh_token(self, connection: Connection, token_id: int, *, now: datetime) -> bool:
        """Mark a token as used; False when somebody else did so before."""

    def add_refresh_token(
        self,
        connection: Connection,
        session_id: SessionId,
        *,
        digest: bytes,
        now: datetime,
        expires_at: datetime,
    ) -> None:
        """Insert a token."""

    def touch(self, connection: Connection, session_id: SessionId, *, now: datetime) -> None:
        """Note that a session was used."""

    def end_session(
        self, connection: Connection, session_id: SessionId, reason: EndReason, *, now: datetime
    ) -> None:
        """End a session; nothing happens when it has ended before."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """A session whose refresh token was exchanged."""

    session_uuid: str
    refresh_token: str


class RefreshTokens:
    """Issues refresh tokens and exchanges each for its successor, in the caller's transaction.

    The caller holds a lock by which the exchanges of one session follow each other.
    """

    def __init__(
        self,
        table: RefreshTokenTable,
        *,
        ring: KeyRing,
        clock: Clock,
        ttl_seconds: int,
        retry_seconds: int,
    ) -> None:
        self._table = table
        self._ring = ring
        self._clock = clock
        self._ttl = timedelta(seconds=ttl_seconds)
        self._retry = timedelta(seconds=retry_seconds)

    def issue(
        self, connection: Connection, session_id: SessionId, *, session_ends: datetime
    ) -> str:
        """Return the first token of a session."""
        token = one_time_keys.new_key()
        self._add(connection, session_id, token, session_ends=session_ends)
        return token

    async def run(self, units: UnitsOfWork[object], work: Work[T]) -> T:
        """Run a unit that exchanges a token, once more if another process knows a newer key.

        Raises:
            SuccessorUnknown: no key there is derives the successor.
        """
        try:
            return await units.write(work)
        except SuccessorUnknown:
            if not self._ring.look():
                raise
            return await units.write(work)

    def exchange(self, connection: Connection, token: str) -> Rotated:
        """Return the successor of a token.

        Raises:
            RefreshFailed: unknown, expired, or the session is over.
            SuccessorUnknown: a process that knows a newer key was the first; `run` looks for keys.
            RefreshTokenReused: the session was ended because of this call.
        """
        stored = self._table.find_refresh_token(connection, one_time_keys.digest(token))
        if stored is None:
            raise RefreshFailed
        if stored.session_ended_at is not None:
            raise RefreshFailed(stored.session_end_reason)
        if stored.session_expires_at <= self._clock.now():
            raise RefreshFailed(EndReason.EXPIRED)
        if stored.used_at is None:
            successor = self._rotate(connection, stored, token)
        else:
            successor = self._repeat(connection, stored, stored.used_at, token)
        return Rotated(stored.session_uuid, successor)

    def _rotate(self, connection: Connection, stored: StoredRefreshToken, token: str) -> str:
        now = self._clock.now()
        has_expired = stored.expires_at <= now
        if has_expired or not self._table.use_refresh_token(connection, stored.id, now=now):
            raise RefreshFailed(EndReason.EXPIRED if has_expired else None)
        self._table.touch(connection, stored.session_id, now=now)
        successor = one_time_keys.successor(token, self._ring.signing.refresh_secret)
        self._add(connection, stored.session_id, successor, session_ends=stored.session_expires_at)
        return successor

    def _repeat(
        self, connection: Connection, stored: StoredRefreshToken, used_at: datetime, token: str
    ) -> str:
        now = self._clock.now()
        if not self._retry or now - used_at > self._retry:
            self._table.end_session(connection, stored.session_id, EndReason.REUSED, now=now)
            raise RefreshTokenReused(stored.session_uuid)
        for key in self._ring.keys:
            successor = one_time_keys.successor(token, key.refresh_secret)
            child = self._table.find_refresh_token(connection, one_time_keys.digest(successor))
            if child is None:
                continue
            if child.used_at is None and child.expires_at > now:
                return successor
            raise RefreshFailed
        raise SuccessorUnknown

    def _add(
        self, connection: Connection, session_id: SessionId, token: str, *, session_ends: datetime
    ) -> None:
        now = self._clock.now()
        self._table.add_refresh_token(
            connection,
            session_id,
            digest=one_time_keys.digest(token),
            now=now,
            expires_at=min(now + self._ttl, session_ends),
        )
