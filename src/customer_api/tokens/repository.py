"""Queries over sessions and refresh tokens."""

from datetime import datetime
from typing import Final, TypeVarTuple

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from customer_api.core.ids import CustomerId, SessionId
from customer_api.customers.models import Session
from customer_api.operators.models import OperatorRow, OperatorSessionRow
from customer_api.security.refresh_tokens import EndReason, StoredRefreshToken
from customer_api.tokens.models import (
    Login,
    NewSession,
    RefreshTokenRow,
    SessionRow,
    TokenOwner,
)

Columns = TypeVarTuple("Columns")

LAST_USED: Final = func.coalesce(
    SessionRow.last_used_at, SessionRow.created_at, type_=SessionRow.created_at.type
)
_HAS_LIVE_AGENT: Final = or_(
    SessionRow.operator_session_uuid.is_(None),
    and_(
        OperatorSessionRow.ended_at.is_(None),
        OperatorSessionRow.expires_at > bindparam("now"),
        OperatorRow.is_agent,
        OperatorRow.removed_at.is_(None),
    ),
)
IS_LIVE: Final = (
    SessionRow.ended_at.is_(None),
    SessionRow.expires_at > bindparam("now"),
    _HAS_LIVE_AGENT,
)
"""Conditions over sessions `with_agents`."""


def with_agents(statement: Select[*Columns]) -> Select[*Columns]:
    """Join the operators who act as customers, where they do, to a statement over sessions."""
    return statement.join(
        OperatorSessionRow,
        OperatorSessionRow.uuid == SessionRow.operator_session_uuid,
        isouter=True,
    ).join(OperatorRow, OperatorRow.id == OperatorSessionRow.operator_id, isouter=True)


_LIST_LIVE = with_agents(
    select(
        SessionRow.uuid,
        SessionRow.device,
        SessionRow.created_at,
        LAST_USED,
        SessionRow.operator_session_uuid.is_not(None),
    )
    .where(SessionRow.customer_id == bindparam("customer"), *IS_LIVE)
    .order_by(SessionRow.id.desc())
)
_ADD_SESSION = insert(SessionRow).returning(SessionRow.id)
_ADD_TOKEN = insert(RefreshTokenRow)
_OWNER = with_agents(
    select(SessionRow.customer_id, OperatorRow.uuid, _HAS_LIVE_AGENT.label("has_live_agent"))
    .select_from(SessionRow)
    .join(RefreshTokenRow, RefreshTokenRow.session_id == SessionRow.id)
    .where(RefreshTokenRow.digest == bindparam("digest"))
)
_TOKEN: Final = (
    select(
        RefreshTokenRow.id,
        RefreshTokenRow.session_id,
        RefreshTokenRow.expires_at,
        RefreshTokenRow.used_at,
        SessionRow.uuid,
        SessionRow.expires_at.label("session_expires_at"),
        SessionRow.ended_at,
        SessionRow.end_reason,
    )
    .join(SessionRow, RefreshTokenRow.session_id == SessionRow.id)
    .where(RefreshTokenRow.digest == bindparam("digest"))
)
_USE_TOKEN = (
    update(RefreshTokenRow)
    .where(RefreshTokenRow.id == bindparam("token"), RefreshTokenRow.used_at.is_(None))
    .values(used_at=bindparam("now"))
)
_STARTED_AT = select(SessionRow.created_at).where(SessionRow.id == bindparam("session"))
_TOUCH = (
    update(SessionRow)
    .where(SessionRow.id == bindparam("session"))
    .values(last_used_at=bindparam("now"))
)
_END_SESSION = (
    update(SessionRow)
    .where(SessionRow.id == bindparam("session"), SessionRow.ended_at.is_(None))
    .values(ended_at=bindparam("now"), end_reason=bindparam("reason"))
)
_END_SESSIONS = (
    update(SessionRow)
    .where(
        SessionRow.customer_id == bindparam("customer"),
        SessionRow.id != bindparam("survivor"),
        SessionRow.ended_at.is_(None),
    )
    .values(ended_at=bindparam("now"), end_reason=bindparam("reason"))
)
_END_OWN_SESSION = (
    update(SessionRow)
    .where(
        SessionRow.customer_id == bindparam("customer"),
        SessionRow.uuid == bindparam("of"),
        SessionRow.ended_at.is_(None),
        SessionRow.expires_at > bindparam("now"),
    )
    .values(ended_at=bindparam("now"), end_reason=bindparam("reason"))
)
_DELETE_SESSIONS = delete(SessionRow).where(SessionRow.customer_id == bindparam("customer"))
_OLD_SESSIONS = (
    select(SessionRow.id)
    .where(
        or_(SessionRow.ended_at < bindparam("before"), SessionRow.expires_at < bindparam("before"))
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # compiles to nothing on SQLite, which has one writer anyway
    .cte("old_sessions")
)
_PURGE_SESSIONS = (
    delete(SessionRow)
    .where(SessionRow.id.in_(select(_OLD_SESSIONS.c.id)))
    .returning(SessionRow.id)  # to count them: SQLite's driver does not behind a WITH
)
_NO_SESSION: Final = 0


def add_session(connection: Connection, new: NewSession, *, uuid: str, now: datetime) -> SessionId:
    """Insert a session and return its id."""
    values = {
        "uuid": uuid,
        "customer_id": new.customer_id,
        "device": new.device,
        "created_at": now,
        "expires_at": now + new.ttl,
        "operator_session_uuid": new.operator_session_uuid,
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


def find_owner(connection: Connection, digest: bytes, *, now: datetime) -> TokenOwner | None:
    """Return whose refresh token this is, spent ones included."""
    row = connection.execute(_OWNER, {"digest": digest, "now": now}).one_or_none()
    if row is None:
        return None
    customer_id, impersonator, has_live_agent = row
    return TokenOwner(CustomerId(customer_id), impersonator, bool(has_live_agent))


def find_refresh_token(connection: Connection, digest: bytes) -> StoredRefreshToken | None:
    """Return a refresh token by the digest of its value, spent and expired ones included."""
    row = connection.execute(_TOKEN, {"digest": digest}).one_or_none()
    return None if row is None else StoredRefreshToken(*row)  # type: ignore[arg-type]  # columns match by position


def use_refresh_token(connection: Connection, token_id: int, *, now: datetime) -> bool:
    """Mark a token as used; False when somebody else did so before."""
    return connection.execute(_USE_TOKEN, {"token": token_id, "now": now}).rowcount == 1


def started_at(connection: Connection, session_id: SessionId) -> datetime:
    """Return when the password of a session was entered."""
    return connection.execute(_STARTED_AT, {"session": session_id}).scalar_one()


def touch(connection: Connection, session_id: SessionId, *, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(_TOUCH, {"session": session_id, "now": now})


def list_live(
    connection: Connection, customer_id: CustomerId, *, now: datetime
) -> tuple[Login, ...]:
    """Return the live sessions of a customer, the newest first."""
    rows = connection.execute(_LIST_LIVE, {"customer": customer_id, "now": now})
    return tuple(Login(*row) for row in rows)


def end_own_session(
    connection: Connection, customer_id: CustomerId, uuid: str, reason: EndReason, *, now: datetime
) -> bool:
    """End one live session of a customer; False when the customer has none with this uuid."""
    parameters = {"customer": customer_id, "of": uuid, "reason": reason, "now": now}
    return connection.execute(_END_OWN_SESSION, parameters).rowcount == 1


def end_session(
    connection: Connection, session_id: SessionId, reason: EndReason, *, now: datetime
) -> None:
    """End one session; nothing happens when it has ended before."""
    connection.execute(_END_SESSION, {"session": session_id, "reason": reason, "now": now})


def end_all_sessions(
    connection: Connection, customer_id: CustomerId, reason: EndReason, *, now: datetime
) -> None:
    """End every session of a customer."""
    _end_sessions(connection, customer_id, reason, survivor=SessionId(_NO_SESSION), now=now)


def end_other_sessions(
    connection: Connection, session: Session, reason: EndReason, *, now: datetime
) -> None:
    """End every session of the customer but this one."""
    _end_sessions(connection, session.customer.id, reason, survivor=session.id, now=now)


def delete_sessions(connection: Connection, customer_id: CustomerId) -> int:
    """Delete all sessions and their refresh tokens; returns the number of sessions."""
    return connection.execute(_DELETE_SESSIONS, {"customer": customer_id}).rowcount


def purge_sessions(connection: Connection, before: datetime, limit: int) -> int:
    """Delete sessions that ended or expired before a moment, with their refresh tokens.

    Returns the number of sessions. It takes no customer's lock: nothing else is done to such a
    session but its deletion by an erasure, and whoever comes second finds it gone.
    """
    return len(connection.execute(_PURGE_SESSIONS, {"before": before, "most": limit}).all())


def _end_sessions(
    connection: Connection,
    customer_id: CustomerId,
    reason: EndReason,
    *,
    survivor: SessionId,
    now: datetime,
) -> None:
    connection.execute(
        _END_SESSIONS,
        {"customer": customer_id, "reason": reason, "survivor": survivor, "now": now},
    )
