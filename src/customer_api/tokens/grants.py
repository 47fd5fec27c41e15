"""What a login or a refresh grants: a session in the database, and the tokens that speak of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.ids import random_uuid
from customer_api.customers.models import Customer
from customer_api.operators.models import Caller
from customer_api.security.jwt import AccessTokens
from customer_api.security.refresh_tokens import RefreshTokens
from customer_api.tokens import repository
from customer_api.tokens.models import DEVICE_LENGTH, NewSession
from customer_api.tokens.subject import Subjects

CUSTOMER_SCOPE: Final = "customer"
AGENT_SCOPE: Final = "agent"
IMPERSONATION_SCOPE: Final = "customer_impersonation"


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client gets: both secrets and the lifetime of the first."""

    access_token: str
    refresh_token: str
    expires_in_seconds: int
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750


@dataclass(frozen=True, slots=True)
class Grant:
    """A committed login or refresh, of which tokens can be made."""

    session_uuid: str
    reference: str
    refresh_token: str
    impersonator: str | None = None
    """Id of the operator who acts as the customer; None when it is the customer."""


class Grants:
    """Starts sessions and makes access tokens."""

    def __init__(
        self,
        *,
        clock: Clock,
        access_tokens: AccessTokens,
        subjects: Subjects,
        refresh_tokens: RefreshTokens,
        access_ttl_seconds: int,
        session_ttl_seconds: int,
        impersonation_ttl_seconds: int,
    ) -> None:
        self._clock = clock
        self._access_tokens = access_tokens
        self._subjects = subjects
        self._refresh_tokens = refresh_tokens
        self._access_ttl_seconds = access_ttl_seconds
        self._session_ttl = timedelta(seconds=session_ttl_seconds)
        self._impersonation_ttl = timedelta(seconds=impersonation_ttl_seconds)

    def start(self, connection: Connection, owner: Customer, device: str | None) -> Grant:
        """Start a session on a device and return its first grant."""
        new = NewSession(owner.id, device=_printable(device), ttl=self._session_ttl)
        return self._start(connection, owner, new, impersonator=None)

    def start_impersonation(self, connection: Connection, owner: Customer, agent: Caller) -> Grant:
        """Start a session in which an agent acts as the customer, while the agent's own lives."""
        new = NewSession(
            owner.id,
            device=None,
            ttl=self._impersonation_ttl,
            operator_session_uuid=agent.session_uuid,
        )
        return self._start(connection, owner, new, impersonator=agent.uuid)

    def pair(self, grant: Grant) -> TokenPair:
        """Return the tokens of a grant, with a fresh access token."""
        return TokenPair(
            access_token=self._access_token(grant),
            refresh_token=grant.refresh_token,
            expires_in_seconds=self._access_ttl_seconds,
        )

    def _access_token(self, grant: Grant) -> str:
        if grant.impersonator is None:
            return self._access_tokens.issue(
                subject=self._subjects.write(grant.reference),
                session=grant.session_uuid,
                scopes=[CUSTOMER_SCOPE],
            )
        return self._access_tokens.issue(
            subject=self._subjects.write_impersonation(grant.reference, grant.impersonator),
            session=grant.session_uuid,
            scopes=[IMPERSONATION_SCOPE],
            actor=grant.impersonator,
        )

    def _start(
        self,
        connection: Connection,
        owner: Customer,
        new: NewSession,
        *,
        impersonator: str | None,
    ) -> Grant:
        now = self._clock.now()
        uuid = random_uuid()
        session_id = repository.add_session(connection, new, uuid=uuid, now=now)
        refresh_token = self._refresh_tokens.issue(
            connection, session_id, session_ends=now + new.ttl
        )
        return Grant(uuid, owner.reference, refresh_token, impersonator)


def _printable(device: str | None) -> str | None:
    """Return the start of a client's name for itself; None when nothing of it can be shown."""
    shown = "".join(it for it in device or "" if it.isprintable())
    return shown.strip()[:DEVICE_LENGTH].strip() or None
