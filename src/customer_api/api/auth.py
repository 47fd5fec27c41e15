"""From the `Authorization` header to claims; whether the session lives is a unit's business."""

from starlette.requests import Request

from customer_api.core.errors import AppError
from customer_api.core.types import Claims
from customer_api.security.jwt import AccessTokens, TokenInvalid, TokenMalformed
from customer_api.tokens.subject import Subjects

GUEST_HEADER = "x-anonymous-customer-unique-id"


class AccessTokenMissing(AppError):
    """A protected resource was asked for without a token."""


class IdentitiesMixed(AppError):
    """The request carries both a customer's token and a guest's id."""


class Authentication:
    """Reads bearer tokens (contract 1.3, checks 9 to 11)."""

    def __init__(self, *, access_tokens: AccessTokens, subjects: Subjects) -> None:
        self._access_tokens = access_tokens
        self._subjects = subjects

    def required(self, request: Request) -> Claims:
        """Return the caller's claims.

        Raises:
            IdentitiesMixed: a guest id came along.
            AccessTokenMissing: no token.
            TokenInvalid: a token that is none of ours or too old.
        """
        claims = self.optional(request)
        if claims is None:
            raise AccessTokenMissing
        return claims

    def optional(self, request: Request) -> Claims | None:
        """Return the caller's claims; None without a token.

        Raises:
            IdentitiesMixed: a guest id came along with a token.
            TokenInvalid: a token that is none of ours or too old.
        """
        values = [value.strip() for value in request.headers.getlist("authorization")]
        value = values[0] if values else ""
        if not value:
            return None
        if request.headers.get(GUEST_HEADER, "").strip():
            raise IdentitiesMixed
        parts = value.split()
        if len(parts) < 2 or len(values) > 1:  # noqa: PLR2004 - scheme and token
            raise TokenMalformed
        return self._claims(parts[1])

    def _claims(self, token: str) -> Claims:
        verified = self._access_tokens.verify(token)
        reference = self._subjects.read(verified.subject)
        if reference is None:
            raise TokenInvalid
        return Claims(session=verified.session, reference=reference, token_id=verified.token_id)
