"""Access tokens of agents, and the exchange of whatever refresh token the storefront handed out."""

from typing_extensions import override

from customer_api.operators.logins import OperatorLogins
from customer_api.operators.tokens import BackOfficeTokens, StartedSession, TokenMaker
from customer_api.security.jwt import AccessTokens
from customer_api.security.refresh_tokens import RefreshTokenUnknown
from customer_api.tokens.grants import AGENT_SCOPE, TokenPair
from customer_api.tokens.service import TokenService
from customer_api.tokens.subject import Subjects


class AgentTokenMaker(TokenMaker):
    """Makes the tokens of agents' sessions; they are the storefront's, and no customer's."""

    def __init__(
        self, access_tokens: AccessTokens, *, subjects: Subjects, ttl_seconds: int
    ) -> None:
        super().__init__(access_tokens, ttl_seconds=ttl_seconds)
        self._subjects = subjects

    @override
    def access_token(self, session: StartedSession) -> str:
        """Return a fresh access token that names the operator, and no role: none counts here."""
        return self._access_tokens.issue(
            subject=self._subjects.write_agent(session.subject),
            session=session.uuid,
            scopes=[AGENT_SCOPE],
        )


class StorefrontRefreshes:
    """Exchanges refresh tokens of the storefront, whosever they are: nobody says so in the request."""

    def __init__(self, *, customers: TokenService, agents: OperatorLogins) -> None:
        self._customers = customers
        self._agents = agents

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Exchange a token for its one successor and a fresh access token.

        Raises:
            RefreshFailed: unknown, expired, or the session is over.
            RefreshTokenReused: the session was ended because of this call.
        """
        try:
            return await self._customers.refresh(refresh_token)
        except RefreshTokenUnknown:
            return to_pair(await self._agents.refresh(refresh_token))


def to_pair(tokens: BackOfficeTokens) -> TokenPair:
    """Return the tokens of an operator as the storefront hands them out."""
    assert tokens.refresh_token is not None, "operators get one"
    return TokenPair(tokens.access_token, tokens.refresh_token, tokens.expires_in_seconds)
