"""The storefront's error table: what each refusal is on the wire (contract 1.6 and 3)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from customer_api.addresses.errors import AddressNotFound
from customer_api.anonymization.errors import ReauthenticationRequired
from customer_api.api import edge
from customer_api.api.auth import AccessTokenMissing, IdentitiesMixed
from customer_api.api.body import (
    BodyInvalid,
    BodyTooLarge,
    EncodingUnsupported,
    TypeInvalid,
)
from customer_api.api.conditions import to_etag
from customer_api.api.deps import ResourceIdMissing, ValidationFailed
from customer_api.api.once import IdempotencyKeyInvalid
from customer_api.api.responses import BEARER_CHALLENGE, refusal
from customer_api.api.v1.refusals import (
    OrderNotFound,
    OrdersNotOwned,
    StoreNotFound,
    WishlistNotFound,
)
from customer_api.core.errors import AppError, CredentialRefused, TokenRefused, Unavailable
from customer_api.core.states import StateOutdated
from customer_api.credentials.errors import (
    MailedKeyRefused,
    NewPasswordsDiffer,
    PasswordWrong,
)
from customer_api.customers.errors import (
    CustomerNotFound,
    EmailTaken,
    EmailTooLong,
    NotOwner,
    PasswordsDiffer,
)
from customer_api.email_change.errors import EmailChangeKeyInvalid
from customer_api.idempotency.errors import IdempotencyKeyReused, RequestInProgress
from customer_api.jsonapi.errors import ErrorObject, validation_errors
from customer_api.jsonapi.query import PaginationInvalid, QueryInvalid
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.passwords.errors import PasswordUndoKeyInvalid, RestoreKeyInvalid
from customer_api.registration.errors import ConfirmationKeyInvalid
from customer_api.security.jwt import TokenInvalid, TokenMalformed
from customer_api.security.password_policy import (
    PasswordCharactersRefused,
    PasswordCommon,
    PasswordSequenceRefused,
    PasswordTooLong,
    PasswordTooShort,
)
from customer_api.security.rate_limit import Throttled, TooManyAttempts, TooManyRequests
from customer_api.security.refresh_tokens import EndReason, RefreshFailed
from customer_api.tokens.errors import LoginFailed, SessionNotFound

UNAVAILABLE_DETAIL: Final = "Service Unavailable"
EMAIL_TAKEN_DETAIL: Final = (
    "If this email address is already in use, you will receive a password reset link. "
    "Otherwise you must first validate your e-mail address to finish registration. "
    "Please check your e-mail."
)


@dataclass(frozen=True, slots=True)
class Row:
    """The wire form of one class of refusals."""

    code: str | None
    """None for errors of routing and form."""
    status: int
    detail: str


STOREFRONT_ERRORS: Final[dict[type[AppError], Row]] = {
    PaginationInvalid: Row(None, 400, "Pagination parameters are invalid."),
    QueryInvalid: Row(None, 400, "Query parameters are invalid."),
    BodyInvalid: Row(None, 400, "Post data is invalid."),
    TypeInvalid: Row(None, 400, "Invalid type."),
    IdempotencyKeyInvalid: Row(None, 400, "Idempotency-Key header value is invalid."),
    ResourceIdMissing: Row(None, 400, "Resource id is not specified."),
    BodyTooLarge: Row(None, 413, "Content Too Large"),
    EncodingUnsupported: Row(None, 415, "Unsupported Media Type"),
    TokenInvalid: Row("001", 401, "Invalid access token."),
    TokenRefused: Row("001", 401, "Invalid access token."),
    AccessTokenMissing: Row("002", 403, "Missing access token."),
    LoginFailed: Row("003", 401, "Failed to authenticate user."),
    RefreshFailed: Row("004", 401, "Failed to refresh token."),
    IdentitiesMixed: Row(
        "005",
        400,
        "Headers request error. A user can't act as logged and not logged user at the same time.",
    ),
    StateOutdated: Row("006", 412, "If-Match header value is invalid."),
    WishlistNotFound: Row("201", 404, "Can't find wishlist."),
    EmailTaken: Row("400", 422, EMAIL_TAKEN_DETAIL),
    CustomerNotFound: Row("402", 404, "Customer not found."),
    AddressNotFound: Row("404", 404, "Address was not found."),
    PasswordsDiffer: Row(
        "406",
        422,
        "Value in field password should be identical to value in the confirmPassword field.",
    ),
    NewPasswordsDiffer: Row(
        "406",
        422,
        "Value in field newPassword should be identical to value in the confirmPassword field.",
    ),
    PasswordWrong: Row("408", 400, "Invalid password"),
    NotOwner: Row("411", 403, "Unauthorized request."),
    RestoreKeyInvalid: Row("415", 422, "Restore password key is not valid."),
    EmailTooLong: Row("417", 422, "Email is too long. It should have 100 characters or less."),
    PasswordTooShort: Row("418", 400, "The password is too short."),
    PasswordTooLong: Row("419", 400, "The password is too long."),
    PasswordCharactersRefused: Row("420", 400, "The password character set is invalid."),
    PasswordSequenceRefused: Row(
        "421", 400, "The password contains sequence of the same character."
    ),
    PasswordCommon: Row("422", 400, "The password is listed as common."),
    ConfirmationKeyInvalid: Row(
        "423", 422, "This email confirmation code is invalid or has been already used."
    ),
    EmailChangeKeyInvalid: Row("430", 422, "E-mail change key is not valid."),
    PasswordUndoKeyInvalid: Row("431", 422, "Password undo key is not valid."),
    StoreNotFound: Row("601", 404, "Store not found."),
    OrderNotFound: Row("801", 404, "Can't find order by the given order reference"),
    OrdersNotOwned: Row("802", 403, "Unauthorized request."),
    ReauthenticationRequired: Row("441", 401, "Log in again with your password, then try again."),
    SessionNotFound: Row("440", 404, "Session was not found."),
    IdempotencyKeyReused: Row(
        "1241", 422, "The Idempotency-Key was used for another request before."
    ),
    RequestInProgress: Row(
        "1242", 409, "The first request with this Idempotency-Key is still in progress."
    ),
    TooManyAttempts: Row("5900", 429, "Account is blocked. Please try again in N minute(s)."),
    TooManyRequests: Row("5901", 429, "Too many requests. Please try again in N minute(s)."),
    Unavailable: Row(None, 503, UNAVAILABLE_DETAIL),
}
"""One row for each refusal a storefront route can make; a subclass may share its parent's row."""


def row_of(kind: type[AppError]) -> Row:
    """Return the row of a class or of its nearest ancestor; a KeyError is a missing row."""
    for ancestor in kind.__mro__:
        if ancestor in STOREFRONT_ERRORS:
            return STOREFRONT_ERRORS[ancestor]
    raise KeyError(kind.__name__)


async def answer_refusal(_request: Request, error: Exception) -> Response:
    """Return the answer to a refusal; the handler of `AppError`."""
    assert isinstance(error, AppError)
    _record(error)
    return to_answer(error)


def to_answer(error: AppError) -> Response:
    """Return the answer to a refusal."""
    if isinstance(error, ValidationFailed):
        return refusal(validation_errors(error.violations))
    row = row_of(type(error))
    detail, headers = row.detail, {}
    if isinstance(error, Throttled):
        detail = throttled_detail(error)
    if isinstance(error, Throttled | Unavailable | RequestInProgress):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, ReauthenticationRequired):
        headers["WWW-Authenticate"] = _step_up_challenge(error.max_age_seconds)
    return refusal([ErrorObject(row.status, detail, code=row.code, meta=_meta(error))], headers)


def _record(error: AppError) -> None:
    """Record what may be an attack; tokens that are too old, or no tokens at all, are everyday life."""
    match error:
        case MailedKeyRefused():
            record(SecurityEvent.KEY_REFUSED, code=row_of(type(error)).code)
        case TokenMalformed() | CredentialRefused(reason=EndReason.EXPIRED):
            pass
        case TokenInvalid():
            record(SecurityEvent.ACCESS_TOKEN_REFUSED, reason="forged")
        case TokenRefused():
            record(SecurityEvent.ACCESS_TOKEN_REFUSED, reason=error.reason)


def _step_up_challenge(max_age_seconds: int) -> str:
    """Return the challenge that asks for a login younger than this (RFC 9470 section 3)."""
    error = 'error="insufficient_user_authentication"'
    return f'{BEARER_CHALLENGE}, {error}, max_age="{max_age_seconds}"'


def _meta(error: AppError) -> dict[str, object] | None:
    """Return facts for programs: why a token is refused that was good once, or the present state."""
    if isinstance(error, CredentialRefused) and error.reason is not None:
        return {"reason": error.reason}
    if isinstance(error, StateOutdated):
        return {"etag": to_etag(error.present)}
    return None


async def answer_failure(request: Request, _error: Exception) -> Response:
    """Return the answer to an unexpected exception, with nothing of it but the request's id."""
    meta = {"requestId": edge.get_request_id(request.scope)}
    return refusal([ErrorObject(500, "Internal Server Error", meta=meta)])


def throttled_detail(error: Throttled) -> str:
    """Return the text of the row, with the time left rounded up to minutes."""
    minutes = max(1, math.ceil(error.retry_after_seconds / 60))
    return row_of(type(error)).detail.replace("N minute", f"{minutes} minute")


def documented(*kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` of the refusals that a route can make, grouped by status."""
    rows: dict[int, list[Row]] = {}
    for kind in kinds:
        if kind is ValidationFailed:
            rows.setdefault(422, []).append(
                Row("901", 422, "firstName => This value should not be blank.")
            )
        else:
            row = row_of(kind)
            rows.setdefault(row.status, []).append(row)
    return {status: _response(status, group) for status, group in sorted(rows.items())}


def _response(status: int, rows: Sequence[Row]) -> dict[str, Any]:
    examples = {
        row.code or f"no-code-{number}": {"value": {"errors": [_example(row)]}}
        for number, row in enumerate(rows)
    }
    content = {"schema": {"$ref": "#/components/schemas/Errors"}, "examples": examples}
    return {
        "description": _PHRASES.get(status, HTTPStatus(status).phrase),
        "content": {"application/vnd.api+json": content},
    }


def _example(row: Row) -> dict[str, object]:
    error: dict[str, object] = {} if row.code is None else {"code": row.code}
    return error | {"status": row.status, "detail": row.detail}


# RFC 9110's phrases, which `HTTPStatus` knows from Python 3.13 on only.
_PHRASES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}
