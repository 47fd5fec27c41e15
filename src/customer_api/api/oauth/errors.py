"""The third error table: RFC 6749, section 5.2, with the texts of contract 3.10."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import JSONResponse

from customer_api.api.body import BodyInvalid, BodyTooLarge, EncodingUnsupported
from customer_api.api.v1.errors import UNAVAILABLE_DETAIL, throttled_detail
from customer_api.core.errors import AppError, Unavailable
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


def oauth_refusal(error: AppError) -> JSONResponse:
    """Return the answer to a refusal.

    Raises:
        AppError: the one given, when the table has no row for it.
    """
    kind = next((kind for kind in type(error).__mro__ if kind in OAUTH_ERRORS), None)
    if kind is None:
        raise error
    row = OAUTH_ERRORS[kind]
    description, headers = row.description, {}
    if isinstance(error, Throttled):
        description = throttled_detail(error)
    if isinstance(error, Throttled | Unavailable):
        headers["Retry-After"] = str(error.retry_after_seconds)
    content = {"error": row.error, "error_description": description}
    return JSONResponse(content, status_code=row.status, headers=headers)
