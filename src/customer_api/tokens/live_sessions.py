"""The check of every request of a customer: does the session live?"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, select

from customer_api.audit import repository as audit
from customer_api.audit.models import Action, Actor, ActorKind
from customer_api.core.clock import Clock
from customer_api.core.errors import TokenRefused
from customer_api.core.ids import SessionId
from customer_api.core.types import Claims
from customer_api.customers.models import CustomerRow, ImpersonationClaims, Session
from customer_api.customers.repository import COLUMNS, to_customer
from customer_api.operators.models import OperatorRow
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens.models import SessionRow
from customer_api.tokens.repository import IS_LIVE, LAST_USED, touch, with_agents

TOUCH_INTERVAL: Final = timedelta(minutes=5)
"""Writes closer together than this are one use of a session, which saves a statement for each."""

_LIVE_SESSION = with_agents(
    select(
        *COLUMNS,
        SessionRow.id.label("session_id"),
        LAST_USED.label("last_used_at"),
        OperatorRow.uuid.label("impersonator"),
    )
    .join(SessionRow, SessionRow.customer_id == CustomerRow.id)
    .where(SessionRow.uuid == bindparam("uuid"), *IS_LIVE, CustomerRow.anonymized_at.is_(None))
)
_END = select(SessionRow.end_reason, SessionRow.expires_at, SessionRow.operator_session_uuid).where(
    SessionRow.uuid == bindparam("uuid")
)
_IS_ERASED = select(CustomerRow.anonymized_at.is_not(None)).where(
    CustomerRow.reference == bindparam("reference")
)
# The session is locked with its customer, or PostgreSQL would judge it by what was before the wait.
_LIVE_SESSION_LOCKED = _LIVE_SESSION.with_for_update(key_share=True, of=(CustomerRow, SessionRow))


class LiveSessions:
    """The session check of every request (`core.types.SessionCheck`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def find(self, connection: Connection, claims: Claims) -> Session:
        """Load the session with its customer, or raise `TokenRefused`."""
        return _to_session(self._load(connection, _LIVE_SESSION, claims), claims)

    def lock(self, connection: Connection, claims: Claims) -> Session:
        """Load it, lock the customer's row and note the use, or raise `TokenRefused`.

        The use by an operator who acts as the customer is an audit event, unless it is one already.
        """
        row = self._load(connection, _LIVE_SESSION_LOCKED, claims)
        session, now = _to_session(row, claims), self._clock.now()
        if now - row.last_used_at >= TOUCH_INTERVAL:
            touch(connection, session.id, now=now)
        if isinstance(claims, ImpersonationClaims):
            # What an outer join adds cannot be locked, so it is as it was before the wait for the locks.
            self._load(connection, _LIVE_SESSION, claims)
            if not claims.is_noted:
                _note_use(connection, session, claims, now=now)
        return session

    def _load(
        self, connection: Connection, statement: Select[*tuple[Any, ...]], claims: Claims
    ) -> Row[*tuple[Any, ...]]:
        parameters = {"uuid": claims.session, "now": self._clock.now()}
        row = connection.execute(statement, parameters).one_or_none()
        if row is None:
            raise TokenRefused(self._why_not(connection, claims))
        is_impersonation = row.impersonator is not None
        if row.reference != claims.reference or is_impersonation != isinstance(
            claims, ImpersonationClaims
        ):
            raise TokenRefused
        return row

    def _why_not(self, connection: Connection, claims: Claims) -> str | None:
        """Return why a session is not live; None when there never was one of this claim."""
        end = connection.execute(_END, {"uuid": claims.session}).one_or_none()
        if end is None:
            by_reference = {"reference": claims.reference}
            is_erased = connection.execute(_IS_ERASED, by_reference).scalar()
            return EndReason.ERASED if is_erased else None
        if end.operator_session_uuid is not None and end.expires_at > self._clock.now():
            return end.end_reason or EndReason.AGENT_ENDED
        return end.end_reason or EndReason.EXPIRED


def _note_use(
    connection: Connection, session: Session, claims: ImpersonationClaims, *, now: datetime
) -> None:
    assert session.impersonator is not None, "claims and session agree"
    actor = Actor(ActorKind.OPERATOR, session.impersonator, claims.request_id)
    subject = session.customer.reference
    fields = (claims.request, *claims.fields)
    audit.add(connection, actor, Action.IMPERSONATION_USED, subject, now=now, fields=fields)


def _to_session(row: Row[*tuple[Any, ...]], claims: Claims) -> Session:
    return Session(
        id=SessionId(row.session_id),
        uuid=claims.session,
        customer=to_customer(row),
        impersonator=row.impersonator,
    )
