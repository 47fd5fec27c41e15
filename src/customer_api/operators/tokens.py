"""Access tokens of the back office, issued and explained."""

from dataclasses import dataclass

from customer_api.operators.scopes import Scope, from_scopes
from customer_api.security.jwt import AccessTokens


@dataclass(frozen=True, slots=True)
class BackOfficeTokens:
    """What a caller gets."""

    access_token: str
    refresh_token: str | None
    """None for clients that call on their own, which log in again."""
    expires_in_seconds: int
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class StartedSession:
    """A session in the database, of which tokens can be made."""

    subject: str
    """Uuid of the operator or the client."""
    uuid: str
    refresh_token: str | None
    scopes: frozenset[Scope]


class TokenMaker:
    """Makes the tokens of sessions."""

    def __init__(self, access_tokens: AccessTokens, *, ttl_seconds: int) -> None:
        self._access_tokens = access_tokens
        self.ttl_seconds = ttl_seconds

    def access_token(self, session: StartedSession) -> str:
        """Return a fresh access token of a session."""
        return self._access_tokens.issue(
            subject=session.subject,
            session=session.uuid,
            scopes=from_scopes(session.scopes).split(),
        )

    def make(self, session: StartedSession) -> BackOfficeTokens:
        """Return the tokens of a session, with a fresh access token."""
        return BackOfficeTokens(
            access_token=self.access_token(session),
            refresh_token=session.refresh_token,
            expires_in_seconds=self.ttl_seconds,
            scopes=session.scopes,
        )
