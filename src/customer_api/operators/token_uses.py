"""Ending sessions by a token, and telling what a token is good for."""

from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.errors import TokenRefused
from customer_api.operators import session_repository
from customer_api.operators.client_logins import ClientCredentials, ClientLogins
from customer_api.operators.errors import ClientRefused
from customer_api.operators.models import (
    BackOfficeUnits,
    Caller,
    CallerClaims,
)
from customer_api.security import one_time_keys
from customer_api.security.jwt import AccessTokens, TokenInvalid, VerifiedToken
from customer_api.security.refresh_tokens import (
    EndReason,
)


@dataclass(frozen=True, slots=True)
class LiveToken:
    """What a token is good for now (RFC 7662, section 2.2)."""

    token: VerifiedToken
    caller: Caller


class TokenUses:
    """Revokes (RFC 7009) and introspects (RFC 7662) the tokens of the back office."""

    def __init__(
        self,
        *,
        units: BackOfficeUnits,
        clock: Clock,
        clients: ClientLogins,
        access_tokens: AccessTokens,
    ) -> None:
        self._units = units
        self._clock = clock
        self._clients = clients
        self._access_tokens = access_tokens

    async def revoke(self, token: str, client: ClientCredentials | None) -> None:
        """End the session of a token, access or refresh (RFC 7009).

        An operator's token is proof enough; a client's own takes the client. Unknown tokens and those
        of another client change nothing, and nobody can tell.

        Raises:
            ClientRefused: a client authenticates, and wrongly, or not at all for a token of its own.
        """
        authenticated = None if client is None else await self._clients.authenticate(client)
        digest, uuid = one_time_keys.digest(token), self._session_named_by(token)

        def work(connection: Connection) -> None:
            found = session_repository.find_session(connection, refresh_digest=digest, uuid=uuid)
            if found is None:
                return
            if authenticated is None and found.client_id is not None:
                raise ClientRefused
            if authenticated is not None and found.client_id != authenticated.id:
                return
            session_repository.end_session(
                connection, found.id, EndReason.LOGGED_OUT, now=self._clock.now()
            )

        await self._units.write(work)

    async def introspect(self, token: str, client: ClientCredentials | None) -> LiveToken | None:
        """Return what an access token is good for; None when it is good for nothing.

        Raises:
            ClientRefused: unknown client, wrong secret, or no credentials at all.
        """
        await self._clients.authenticate(client)
        try:
            verified = self._access_tokens.verify(token)
            claims = CallerClaims(
                session=verified.session,
                reference=verified.subject,
                token_id=verified.token_id,
                scope=None,
                request_id="",
            )
            caller = await self._units.read_as(claims, lambda _, caller: caller)
        except (TokenInvalid, TokenRefused):
            return None
        return LiveToken(verified, caller)

    def _session_named_by(self, access_token: str) -> str | None:
        try:
            return self._access_tokens.verify(access_token).session
        except TokenInvalid:
            return None
