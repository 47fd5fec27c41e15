"""The error tables of OAuth 2.0: RFC 6749, section 5.2; the storefront's with the texts of contract 3.10."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.responses import JSONResponse

from customer_api.api.body import BodyInvalid, BodyTooLarge, EncodingUnsupported
from customer_api.api.error_table import UNAVAILABLE_DETAIL
from customer_api.api.v1.errors import STOREFRONT
from customer_api.core.errors import AppError, Unavailable
from customer_api.operators.errors import (
    ClientRefused,
    GrantNotAllowed,
    OperatorLoginFailed,
    ScopeInvalid,
)
from customer_api.security.rate_limit import Throttled, TooManyAttempts, TooManyRequests
from customer_api.security.refresh_tokens import RefreshFailed
from customer_api.tokens.errors import LoginFailed


class GrantUnknown(AppError):
    """`grant_type` is missing or none that this endpoint knows."""


class ParameterMissing(AppError):
    """A parameter that the grant needs is missing or empty, or the form cannot be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """The wire form of one class of refusals."""

    status: int
    error: str
    description: str


_MALFORMED: Final = (
    "The request is missing a required parameter, includes an invalid parameter value, includes a "
    "parameter more than once, or is otherwise malformed."
)
OAUTH_ERRORS: Final[dict[type[AppError], Row]] = {
    GrantUnknown: Row(
        400,
        "invalid_grant",
        "The provided authorization grant (e.g., authorization code, resource owner credentials) "
        "or refresh token is invalid, expired, revoked, does not match the redirection URI used "
        "in the authorization request, or was issued to another client.",
    ),
    ParameterMissing: Row(400, "invalid_request", _MALFORMED),
    BodyInvalid: Row(400, "invalid_request", _MALFORMED),
    BodyTooLarge: Row(413, "invalid_request", _MALFORMED),
    EncodingUnsupported: Row(415, "invalid_request", _MALFORMED),
    LoginFailed: Row(400, "invalid_grant", "The user credentials were incorrect."),
    RefreshFailed: Row(400, "invalid_request", "The refresh token is invalid."),
    TooManyAttempts: Row(429, "invalid_grant", "Account is blocked."),
    TooManyRequests: Row(429, "temporarily_unavailable", "Too many requests."),
    Unavailable: Row(503, "temporarily_unavailable", UNAVAILABLE_DETAIL),
}
_INVALID_CLIENT: Final = "Client authentication failed."
BACK_OFFICE_OAUTH_ERRORS: Final[dict[type[AppError], Row]] = {
    GrantUnknown: Row(400, "unsupported_grant_type", "This grant is not supported."),
    ParameterMissing: Row(400, "invalid_request", _MALFORMED),
    BodyInvalid: Row(400, "invalid_request", _MALFORMED),
    BodyTooLarge: Row(413, "invalid_request", _MALFORMED),
    EncodingUnsupported: Row(415, "invalid_request", _MALFORMED),
    OperatorLoginFailed: Row(400, "invalid_grant", "The user credentials were incorrect."),
    RefreshFailed: Row(400, "invalid_grant", "The refresh token is invalid."),
    ClientRefused: Row(401, "invalid_client", _INVALID_CLIENT),
    GrantNotAllowed: Row(400, "unauthorized_client", "The client may not use this grant."),
    ScopeInvalid: Row(400, "invalid_scope", "The client does not have this scope."),
    TooManyAttempts: Row(429, "invalid_grant", "Account is blocked."),
    TooManyRequests: Row(429, "temporarily_unavailable", "Too many requests."),
    Unavailable: Row(503, "temporarily_unavailable", UNAVAILABLE_DETAIL),
}


class OAuthErrors:
    """Answers refusals by a table from their classes to rows."""

    def __init__(self, rows: Mapping[type[AppError], Row]) -> None:
        self.rows = rows

    def answer(self, error: AppError) -> JSONResponse:
        """Return the answer to a refusal.

        Raises:
            AppError: the one given, when the table has no row for it.
        """
        kind = next((kind for kind in type(error).__mro__ if kind in self.rows), None)
        if kind is None:
            raise error
        row = self.rows[kind]
        description, headers = row.description, {}
        if isinstance(error, Throttled):
            description = STOREFRONT.throttled_detail(error)
        if isinstance(error, Throttled | Unavailable):
            headers["Retry-After"] = str(error.retry_after_seconds)
        if isinstance(error, ClientRefused):
            headers["WWW-Authenticate"] = 'Basic realm="Access to back office API"'
        content = {"error": row.error, "error_description": description}
        return JSONResponse(content, status_code=row.status, headers=headers)

    def catalogue(self) -> list[dict[str, object]]:
        """Return every row with the name of its situation, for the published catalogue."""
        return [
            {
                "situation": kind.__name__,
                "error": row.error,
                "status": row.status,
                "error_description": row.description,
            }
            for kind, row in self.rows.items()
        ]


STOREFRONT_OAUTH: Final = OAuthErrors(OAUTH_ERRORS)
BACK_OFFICE_OAUTH: Final = OAuthErrors(BACK_OFFICE_OAUTH_ERRORS)
