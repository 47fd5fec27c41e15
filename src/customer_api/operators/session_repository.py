"""Queries over the sessions of operators and clients, and the check of every request."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, or_, select, update

from customer_api.core.clock import Clock
from customer_api.core.errors import TokenRefused
from customer_api.core.ids import SessionId
from customer_api.core.types import Claims
from customer_api.operators.errors import InsufficientScope
from customer_api.operators.models import (
    Audience,
    Caller,
    CallerClaims,
    ClientId,
    ClientRow,
    OperatorId,
    OperatorRefreshTokenRow,
    OperatorRow,
    OperatorSessionRow,
)
from customer_api.operators.scopes import ROLE_SCOPES, Role, Scope, from_scopes, to_scopes
from customer_api.security.refresh_tokens import EndReason, StoredRefreshToken

_SESSION: Final = (
    select(
        OperatorSessionRow.id,
        OperatorSessionRow.uuid,
        OperatorSessionRow.operator_id,
        OperatorSessionRow.client_id,
        OperatorSessionRow.scopes,
        OperatorRow.uuid.label("operator_uuid"),
        OperatorRow.role,
        OperatorRow.is_agent,
        OperatorRow.removed_at.label("operator_removed_at"),
        ClientRow.uuid.label("client_uuid"),
        ClientRow.scopes.label("client_scopes"),
        ClientRow.removed_at.label("client_removed_at"),
    )
    .join(OperatorRow, OperatorRow.id == OperatorSessionRow.operator_id, isouter=True)
    .join(ClientRow, ClientRow.id == OperatorSessionRow.client_id, isouter=True)
    .where(
        OperatorSessionRow.uuid == bindparam("uuid"),
        OperatorSessionRow.audience == bindparam("audience"),
        OperatorSessionRow.ended_at.is_(None),
        OperatorSessionRow.expires_at > bindparam("now"),
    )
)
_END: Final = select(OperatorSessionRow.end_reason).where(
    OperatorSessionRow.uuid == bindparam("uuid"), OperatorSessionRow.ended_at.is_not(None)
)


@dataclass(frozen=True, slots=True)
class FoundSession:
    """A session, ended ones included."""

    id: SessionId
    client_id: ClientId | None


class LiveCallers:
    """The session check of operators and clients in one of the APIs (`core.types.SessionCheck`)."""

    def __init__(self, clock: Clock, audience: Audience) -> None:
        self._clock = clock
        self._audience = audience

    def find(self, connection: Connection, claims: Claims) -> Caller:
        """Load the session with whose it is.

        Raises:
            TokenRefused: the session has ended or is for another API, or the operator or client was
                removed, or who calls the storefront is no agent.
            InsufficientScope: the caller lacks what the claims demand, now.
        """
        assert isinstance(claims, CallerClaims)
        parameters = {
            "uuid": claims.session,
            "audience": self._audience,
            "now": self._clock.now(),
        }
        row = connection.execute(_SESSION, parameters).one_or_none()
        if row is None:
            raise TokenRefused(connection.execute(_END, {"uuid": claims.session}).scalar())
        if self._audience is Audience.STOREFRONT and not row.is_agent:
            raise TokenRefused
        caller = _to_caller(row, claims.request_id)
        if caller is None or caller.uuid != claims.reference:
            raise TokenRefused
        if claims.scope is not None and claims.scope not in caller.scopes:
            raise InsufficientScope(claims.scope)
        return caller

    def lock(self, connection: Connection, claims: Claims) -> Caller:
        """Load it; what is begun with a role or a session may end after these."""
        return self.find(connection, claims)


def _to_caller(row: Row[*tuple[Any, ...]], request_id: str) -> Caller | None:
    """Return whose session it is, with the scopes of this moment; None when it is nobody's now."""
    if row.operator_removed_at is not None or row.client_removed_at is not None:
        return None
    if row.operator_id is not None:
        scopes = ROLE_SCOPES[Role(row.role)]
    else:
        scopes = to_scopes(row.client_scopes) & to_scopes(row.scopes)
    return Caller(
        session_id=SessionId(row.id),
        session_uuid=row.uuid,
        uuid=row.operator_uuid or row.client_uuid,
        operator_id=row.operator_id,
        client_id=row.client_id,
        scopes=scopes,
        request_id=request_id,
    )


_ADD_SESSION: Final = insert(OperatorSessionRow).returning(OperatorSessionRow.id)
_ADD_TOKEN: Final = insert(OperatorRefreshTokenRow)
_TOKEN: Final = (
    select(
        OperatorRefreshTokenRow.id,
        OperatorRefreshTokenRow.session_id,
        OperatorRefreshTokenRow.expires_at,
        OperatorRefreshTokenRow.used_at,
        OperatorSessionRow.uuid,
        OperatorSessionRow.expires_at.label("session_expires_at"),
        OperatorSessionRow.ended_at,
        OperatorSessionRow.end_reason,
    )
    .join(OperatorSessionRow, OperatorRefreshTokenRow.session_id == OperatorSessionRow.id)
    .where(OperatorRefreshTokenRow.digest == bindparam("digest"))
)
_TOKEN_OWNER: Final = (
    select(OperatorSessionRow.operator_id, OperatorSessionRow.client_id)
    .join(OperatorRefreshTokenRow, OperatorRefreshTokenRow.session_id == OperatorSessionRow.id)
    .where(
        OperatorRefreshTokenRow.digest == bindparam("digest"),
        OperatorSessionRow.audience == bindparam("audience"),
    )
)
_BY_TOKEN: Final = select(OperatorSessionRow.id, OperatorSessionRow.client_id).where(
    or_(
        OperatorSessionRow.uuid == bindparam("uuid"),
        OperatorSessionRow.id.in_(
            select(OperatorRefreshTokenRow.session_id).where(
                OperatorRefreshTokenRow.digest == bindparam("digest")
            )
        ),
    )
)
_USE_TOKEN: Final = (
    update(OperatorRefreshTokenRow)
    .where(
        OperatorRefreshTokenRow.id == bindparam("token"), OperatorRefreshTokenRow.used_at.is_(None)
    )
    .values(used_at=bindparam("now"))
)
_TOUCH: Final = (
    update(OperatorSessionRow)
    .where(OperatorSessionRow.id == bindparam("session"))
    .values(last_used_at=bindparam("now"))
)
_END_SESSION: Final = (
    update(OperatorSessionRow)
    .where(OperatorSessionRow.id == bindparam("session"), OperatorSessionRow.ended_at.is_(None))
    .values(ended_at=bindparam("now"), end_reason=bindparam("reason"))
)
_END_SESSIONS: Final = (
    update(OperatorSessionRow)
    .where(
        OperatorSessionRow.operator_id == bindparam("operator"),
        OperatorSessionRow.ended_at.is_(None),
    )
    .values(ended_at=bindparam("now"), end_reason=bindparam("reason"))
)
_END_AGENT_SESSIONS: Final = _END_SESSIONS.where(OperatorSessionRow.audience == Audience.STOREFRONT)
_OLD_SESSIONS: Final = (
    select(OperatorSessionRow.id)
    .where(OperatorSessionRow.expires_at < bindparam("before"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # compiles to nothing on SQLite, which has one writer anyway
    .cte("old_operator_sessions")
)
_PURGE: Final = (
    delete(OperatorSessionRow)
    .where(OperatorSessionRow.id.in_(select(_OLD_SESSIONS.c.id)))
    .returning(OperatorSessionRow.id)  # to count them: SQLite's driver does not behind a WITH
)


def purge(connection: Connection, before: datetime, limit: int) -> int:
    """Delete sessions that expired before a moment, with their refresh tokens; returns how many."""
    return len(connection.execute(_PURGE, {"before": before, "most": limit}).all())


def add_session(
    connection: Connection,
    *,
    uuid: str,
    operator_id: OperatorId | None,
    client_id: ClientId | None,
    audience: Audience,
    scopes: frozenset[Scope] | None,
    now: datetime,
    expires_at: datetime,
) -> SessionId:
    """Insert a session and return its id; `scopes` are those of a client that calls on its own."""
    values = {
        "uuid": uuid,
        "operator_id": operator_id,
        "client_id": client_id,
        "audience": audience,
        "scopes": None if scopes is None else from_scopes(scopes),
        "created_at": now,
        "expires_at": expires_at,
    }
    return SessionId(connection.execute(_ADD_SESSION, values).scalar_one())


def add_refresh_token(
    connection: Connection,
    session_id: SessionId,
    *,
    digest: bytes,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Insert the digest of a refresh token."""
    connection.execute(
        _ADD_TOKEN,
        {"session_id": session_id, "digest": digest, "issued_at": now, "expires_at": expires_at},
    )


def find_token_owner(
    connection: Connection, digest: bytes, audience: Audience
) -> tuple[OperatorId, ClientId | None] | None:
    """Return whose refresh token this is, and through which client it was issued."""
    parameters = {"digest": digest, "audience": audience}
    row = connection.execute(_TOKEN_OWNER, parameters).one_or_none()
    return None if row is None else (row.operator_id, row.client_id)


def find_session(
    connection: Connection, *, refresh_digest: bytes, uuid: str | None
) -> FoundSession | None:
    """Return the session of a refresh token, or the one with a public id."""
    row = connection.execute(_BY_TOKEN, {"digest": refresh_digest, "uuid": uuid}).one_or_none()
    return None if row is None else FoundSession(SessionId(row.id), row.client_id)


def find_refresh_token(connection: Connection, digest: bytes) -> StoredRefreshToken | None:
    """Return a refresh token by the digest of its value, spent and expired ones included."""
    row = connection.execute(_TOKEN, {"digest": digest}).one_or_none()
    return None if row is None else StoredRefreshToken(*row)  # type: ignore[arg-type]  # columns match by position


def use_refresh_token(connection: Connection, token_id: int, *, now: datetime) -> bool:
    """Mark a token as used; False when somebody else did so before."""
    return connection.execute(_USE_TOKEN, {"token": token_id, "now": now}).rowcount == 1


def touch(connection: Connection, session_id: SessionId, *, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(_TOUCH, {"session": session_id, "now": now})


def end_session(
    connection: Connection, session_id: SessionId, reason: EndReason, *, now: datetime
) -> None:
    """End one session; nothing happens when it has ended before."""
    connection.execute(_END_SESSION, {"session": session_id, "reason": reason, "now": now})


def end_agent_sessions(
    connection: Connection, operator_id: OperatorId, reason: EndReason, *, now: datetime
) -> None:
    """End every session of an operator for the storefront."""
    connection.execute(_END_AGENT_SESSIONS, {"operator": operator_id, "reason": reason, "now": now})


def end_sessions(
    connection: Connection, operator_id: OperatorId, reason: EndReason, *, now: datetime
) -> None:
    """End every session of an operator."""
    connection.execute(_END_SESSIONS, {"operator": operator_id, "reason": reason, "now": now})
