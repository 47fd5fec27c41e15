"""From the `Authorization` headers to claims; whether a session lives is a unit's business."""

from typing import Final

from starlette.requests import Request

from customer_api.api import edge
from customer_api.core.errors import AppError, CredentialRefused
from customer_api.core.types import Claims
from customer_api.customers.models import ImpersonationClaims
from customer_api.operators.models import BackOfficeUnits, CallerClaims
from customer_api.security.jwt import AccessTokens, TokenInvalid, TokenMalformed, VerifiedToken
from customer_api.tokens.grants import AGENT_SCOPE, IMPERSONATION_SCOPE
from customer_api.tokens.subject import Subjects

GUEST_HEADER: Final = "x-anonymous-customer-unique-id"
AGENT_HEADER: Final = "x-agent-authorization"


class AccessTokenMissing(AppError):
    """A protected resource was asked for without a token."""


class IdentitiesMixed(AppError):
    """The request carries both a customer's token and a guest's id."""


class TokenMisplaced(CredentialRefused):
    """A good token of the other kind: an agent's where a customer's belongs, or the reverse."""


class AgentTokenInvalid(CredentialRefused):
    """What `X-Agent-Authorization` carries is no token of an agent, or not one now.

    Its cause is the refusal of the token itself.
    """


class AgentRequired(AppError):
    """An agent's resource was asked for by somebody else."""


class Authentication:
    """Reads bearer tokens (contract 1.3, checks 8 to 11 and 14).

    An agent's token in `X-Agent-Authorization` must be good wherever tokens are looked at; it makes
    nobody a customer.
    """

    def __init__(
        self, *, access_tokens: AccessTokens, subjects: Subjects, agents: BackOfficeUnits
    ) -> None:
        self._access_tokens = access_tokens
        self._subjects = subjects
        self._agents = agents

    async def required(self, request: Request) -> Claims:
        """Return the claims of the customer who calls.

        Raises:
            AgentTokenInvalid: an agent's token came along that is none, or too old.
            IdentitiesMixed: a guest id came along.
            AccessTokenMissing: no token.
            TokenInvalid: a token that is none of ours or too old.
            TokenMisplaced: an agent's token.
        """
        claims = await self.optional(request)
        if claims is None:
            raise AccessTokenMissing
        return claims

    async def optional(self, request: Request) -> Claims | None:
        """Return the claims of the customer who calls; None without a token.

        Raises:
            AgentTokenInvalid: an agent's token came along that is none, or too old.
            IdentitiesMixed: a guest id came along with a token.
            TokenInvalid: a token that is none of ours or too old.
            TokenMisplaced: an agent's token.
        """
        await self._agent_by_header(request)
        verified = self._bearer(request)
        return None if verified is None else self._customer_claims(verified, request)

    async def agent(self, request: Request) -> CallerClaims:
        """Return the claims of the agent who calls, by either header.

        Raises:
            AgentTokenInvalid: what is in the agents' header is none, or too old.
            IdentitiesMixed: a guest id came along with a token in `Authorization`.
            TokenInvalid: a token in `Authorization` that is none of ours or too old.
            AgentRequired: no token, or a customer's.
        """
        by_header = await self._agent_by_header(request)
        verified = self._bearer(request)
        if by_header is not None:
            return by_header
        if verified is None or AGENT_SCOPE not in verified.scopes:
            raise AgentRequired
        return self._agent_claims(verified, request)

    async def _agent_by_header(self, request: Request) -> CallerClaims | None:
        """Return the live agent of `X-Agent-Authorization`; what is not well-formed is not there."""
        values = request.headers.getlist(AGENT_HEADER)
        parts = values[0].split() if len(values) == 1 else []
        if len(parts) < 2:  # noqa: PLR2004 - scheme and token
            return None
        try:
            claims = self._agent_claims(self._access_tokens.verify(parts[1]), request)
            await self._agents.read_as(claims, lambda _connection, _caller: None)
        except CredentialRefused as refusal:
            raise AgentTokenInvalid(refusal.reason) from refusal
        return claims

    def _bearer(self, request: Request) -> VerifiedToken | None:
        values = [value.strip() for value in request.headers.getlist("authorization")]
        value = values[0] if values else ""
        if not value:
            return None
        if request.headers.get(GUEST_HEADER, "").strip():
            raise IdentitiesMixed
        parts = value.split()
        if len(parts) < 2 or len(values) > 1:  # noqa: PLR2004 - scheme and token
            raise TokenMalformed
        return self._access_tokens.verify(parts[1])

    def _customer_claims(self, verified: VerifiedToken, request: Request) -> Claims:
        if AGENT_SCOPE in verified.scopes:
            raise TokenMisplaced
        reference = self._subjects.read(verified.subject)
        if reference is None:
            raise TokenInvalid
        session, token_id = verified.session, verified.token_id
        if IMPERSONATION_SCOPE not in verified.scopes:
            return Claims(session=session, reference=reference, token_id=token_id)
        return ImpersonationClaims(
            session=session,
            reference=reference,
            token_id=token_id,
            request_id=edge.get_request_id(request.scope),
            request=f"{request.method} {edge.get_target(request.scope).resource_type}",
        )

    def _agent_claims(self, verified: VerifiedToken, request: Request) -> CallerClaims:
        if AGENT_SCOPE not in verified.scopes:
            raise TokenMisplaced
        uuid = self._subjects.read_agent(verified.subject)
        if uuid is None:
            raise TokenInvalid
        return CallerClaims(
            session=verified.session,
            reference=uuid,
            token_id=verified.token_id,
            scope=None,
            request_id=edge.get_request_id(request.scope),
        )
