"""Error tables: what each refusal is on the wire, one table for each published API version."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from customer_api.anonymization.errors import ReauthenticationRequired
from customer_api.api import edge
from customer_api.api.auth import AgentTokenInvalid
from customer_api.api.conditions import to_etag
from customer_api.api.deps import ValidationFailed
from customer_api.api.responses import BEARER_CHALLENGE, refusal
from customer_api.core.errors import (
    AppError,
    CredentialRefused,
    SeveralRefused,
    TokenRefused,
    Unavailable,
)
from customer_api.core.states import StateOutdated
from customer_api.credentials.errors import MailedKeyRefused
from customer_api.idempotency.errors import RequestInProgress
from customer_api.jsonapi.errors import ErrorObject, validation_errors
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.operators.errors import InsufficientScope
from customer_api.security.jwt import TokenInvalid, TokenMalformed
from customer_api.security.rate_limit import Throttled
from customer_api.security.refresh_tokens import EndReason

UNAVAILABLE_DETAIL: Final = "Service Unavailable"
VALIDATION_EXAMPLE: Final = "firstName => This value should not be blank."


@dataclass(frozen=True, slots=True)
class Row:
    """The wire form of one class of refusals."""

    code: str | None
    """None for errors of routing and form."""
    status: int
    detail: str


class ErrorTable:
    """Answers refusals by a table from their classes to rows; a subclass may share its parent's row.

    Args:
        rows: one for each refusal that a route of the API can make.
        validation_code: of attributes that break rules.
        token_challenge: of refused tokens; without it, it is that of missing ones.
    """

    def __init__(
        self,
        rows: Mapping[type[AppError], Row],
        *,
        validation_code: str,
        token_challenge: str = BEARER_CHALLENGE,
    ) -> None:
        self.rows = rows
        self.validation_code = validation_code
        self._token_challenge = token_challenge

    def row_of(self, kind: type[AppError]) -> Row:
        """Return the row of a class or of its nearest ancestor; a KeyError is a missing row."""
        for ancestor in kind.__mro__:
            if ancestor in self.rows:
                return self.rows[ancestor]
        raise KeyError(kind.__name__)

    def answer(self, error: AppError) -> Response:
        """Return the answer to a refusal."""
        if isinstance(error, ValidationFailed):
            return refusal(validation_errors(error.violations, code=self.validation_code))
        row = self.row_of(type(error))
        if isinstance(error, SeveralRefused):
            errors = [
                ErrorObject(row.status, row.detail, code=row.code, meta={"value": name})
                for name in error.names
            ]
            return refusal(errors)
        detail, headers = row.detail, {}
        if isinstance(error, Throttled):
            detail = self.throttled_detail(error)
        if isinstance(error, Throttled | Unavailable | RequestInProgress):
            headers["Retry-After"] = str(error.retry_after_seconds)
        if isinstance(error, TokenInvalid | TokenRefused):
            headers["WWW-Authenticate"] = self._token_challenge
        if isinstance(error, ReauthenticationRequired):
            headers["WWW-Authenticate"] = _step_up_challenge(error.max_age_seconds)
        if isinstance(error, InsufficientScope):
            headers["WWW-Authenticate"] = _scope_challenge(error.scope)
        return refusal([ErrorObject(row.status, detail, code=row.code, meta=_meta(error))], headers)

    def throttled_detail(self, error: Throttled) -> str:
        """Return the text of the row, with the time left rounded up to minutes."""
        minutes = max(1, math.ceil(error.retry_after_seconds / 60))
        return self.row_of(type(error)).detail.replace("N minute", f"{minutes} minute")

    def documented(self, *kinds: type[AppError]) -> dict[int | str, dict[str, Any]]:
        """Return OpenAPI `responses` of the refusals that a route can make, grouped by status."""
        rows: dict[int, list[Row]] = {}
        for kind in kinds:
            if kind is ValidationFailed:
                row = Row(self.validation_code, 422, VALIDATION_EXAMPLE)
            else:
                row = self.row_of(kind)
            rows.setdefault(row.status, []).append(row)
        return {status: _response(status, group) for status, group in sorted(rows.items())}

    def catalogue(self) -> list[dict[str, object]]:
        """Return every row with the name of its situation, for the published catalogue."""
        return [
            {
                "situation": kind.__name__,
                "code": row.code,
                "status": row.status,
                "detail": row.detail,
            }
            for kind, row in self.rows.items()
        ]

    def record(self, error: AppError) -> None:
        """Record what may be an attack; tokens that are too old, or none at all, are everyday life."""
        match error.__cause__ if isinstance(error, AgentTokenInvalid) else error:
            case MailedKeyRefused():
                record(SecurityEvent.KEY_REFUSED, code=self.row_of(type(error)).code)
            case TokenMalformed() | CredentialRefused(reason=EndReason.EXPIRED):
                pass
            case TokenInvalid():
                record(SecurityEvent.ACCESS_TOKEN_REFUSED, reason="forged")
            case TokenRefused() as refusal:
                record(SecurityEvent.ACCESS_TOKEN_REFUSED, reason=refusal.reason)


async def answer_failure(request: Request, _error: Exception) -> Response:
    """Return the answer to an unexpected exception, with nothing of it but the request's id."""
    meta = {"requestId": edge.get_request_id(request.scope)}
    return refusal([ErrorObject(500, "Internal Server Error", meta=meta)])


def _step_up_challenge(max_age_seconds: int) -> str:
    """Return the challenge that asks for a login younger than this (RFC 9470 section 3)."""
    error = 'error="insufficient_user_authentication"'
    return f'{BEARER_CHALLENGE}, {error}, max_age="{max_age_seconds}"'


def _scope_challenge(scope: str) -> str:
    """Return the challenge that names the scope it takes (RFC 6750 section 3.1)."""
    return f'{BEARER_CHALLENGE}, error="insufficient_scope", scope="{scope}"'


def _meta(error: AppError) -> dict[str, object] | None:
    """Return facts for programs: why a token is refused that was good once, or the present state."""
    if isinstance(error, CredentialRefused) and error.reason is not None:
        return {"reason": error.reason}
    if isinstance(error, StateOutdated):
        return {"etag": to_etag(error.present)}
    return None


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
