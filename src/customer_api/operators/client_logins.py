"""Knowing clients of the API by their secrets, and logging them in."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.ids import random_uuid
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.operators import client_repository, session_repository
from customer_api.operators.clients import CLIENT_CREDENTIALS
from customer_api.operators.errors import (
    ClientRefused,
    GrantNotAllowed,
    ScopeInvalid,
)
from customer_api.operators.models import (
    ApiClient,
    Audience,
    BackOfficeUnits,
)
from customer_api.operators.scopes import to_scopes
from customer_api.operators.tokens import BackOfficeTokens, StartedSession, TokenMaker
from customer_api.security import one_time_keys


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What a client shows of itself."""

    uuid: str
    secret: str


class ClientLogins:
    """Authenticates clients and starts sessions of their own."""

    def __init__(self, *, units: BackOfficeUnits, clock: Clock, tokens: TokenMaker) -> None:
        self._units = units
        self._clock = clock
        self._tokens = tokens

    async def authenticate(self, credentials: ClientCredentials | None) -> ApiClient:
        """Return the client whose secret this is.

        Raises:
            ClientRefused: unknown client, wrong secret, or no credentials at all.
        """
        if credentials is None:
            raise ClientRefused
        digest = one_time_keys.digest(credentials.secret)
        client = await self._units.read(
            lambda it: client_repository.find_client_by_secret(
                it, credentials.uuid, digest, now=self._clock.now()
            )
        )
        if client is None:
            record(SecurityEvent.CLIENT_REFUSED)
            raise ClientRefused
        return client

    async def authenticate_for(
        self, credentials: ClientCredentials | None, grant: str
    ) -> ApiClient | None:
        """Return the client that logs somebody in, if one does.

        Raises:
            ClientRefused: unknown client or wrong secret.
            GrantNotAllowed: the client may not use this grant.
        """
        if credentials is None:
            return None
        client = await self.authenticate(credentials)
        _require_grant(client, grant)
        return client

    async def grant(
        self, credentials: ClientCredentials | None, scope: str | None
    ) -> BackOfficeTokens:
        """Start a session of a client on its own (RFC 6749, section 4.4); no refresh token.

        `scope` asks for some of the client's scopes; None for all.

        Raises:
            ClientRefused: unknown client or wrong secret.
            GrantNotAllowed: the client may not use this grant.
            ScopeInvalid: the client does not have one of the scopes.
        """
        client = await self.authenticate(credentials)
        _require_grant(client, CLIENT_CREDENTIALS)
        scopes = client.scopes if scope is None else to_scopes(scope)
        if scope is not None and not set(scope.split()) <= client.scopes:
            raise ScopeInvalid
        now = self._clock.now()
        uuid = random_uuid()

        def work(connection: Connection) -> None:
            session_repository.add_session(
                connection,
                uuid=uuid,
                operator_id=None,
                client_id=client.id,
                audience=Audience.BACK_OFFICE,
                scopes=scopes,
                now=now,
                expires_at=now + timedelta(seconds=self._tokens.ttl_seconds),
            )

        await self._units.write(work)
        return self._tokens.make(StartedSession(client.uuid, uuid, None, scopes))


def _require_grant(client: ApiClient, grant: str) -> None:
    if grant not in client.grants:
        raise GrantNotAllowed
