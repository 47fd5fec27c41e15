"""`/token`, `/revoke` and `/introspect` of the back office (RFC 6749, RFC 7009, RFC 7662)."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from customer_api.api.back_office.deps import BackOfficeDep
from customer_api.api.body import read_body
from customer_api.api.deps import ClientAddressDep, ContainerDep
from customer_api.api.oauth.errors import BACK_OFFICE_OAUTH, GrantUnknown, ParameterMissing
from customer_api.api.oauth.parameters import needed, parse_credentials, parse_parameters
from customer_api.api.openapi import INTEGER, STRING
from customer_api.bootstrap import BackOffice
from customer_api.core.errors import AppError
from customer_api.operators.client_logins import ClientCredentials
from customer_api.operators.clients import CLIENT_CREDENTIALS, GRANTS, PASSWORD, REFRESH_TOKEN
from customer_api.operators.logins import OperatorLogin
from customer_api.operators.scopes import from_scopes
from customer_api.operators.token_uses import LiveToken
from customer_api.operators.tokens import BackOfficeTokens
from customer_api.security.counters import Kind

_CLIENT: Final[dict[str, Any]] = {"client_id": STRING, "client_secret": STRING}
_TOKEN_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "grant_type": {"enum": list(GRANTS)},
        "username": STRING,
        "password": {"type": "string", "format": "password"},
        "refresh_token": STRING,
        "scope": STRING,
        **_CLIENT,
    },
    "required": ["grant_type"],
}
_ONE_TOKEN_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"token": STRING, "token_type_hint": STRING, **_CLIENT},
    "required": ["token"],
}
_TOKENS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "access_token": STRING,
        "token_type": {"const": "Bearer"},
        "expires_in": INTEGER,
        "refresh_token": STRING,
        "scope": STRING,
    },
    "required": ["access_token", "token_type", "expires_in", "scope"],
}
_INTROSPECTION: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "active": {"type": "boolean"},
        "scope": STRING,
        "client_id": STRING,
        "sub": STRING,
        "token_type": {"const": "Bearer"},
        "iat": INTEGER,
        "exp": INTEGER,
        "jti": STRING,
    },
    "required": ["active"],
}
_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"error": STRING, "error_description": STRING},
    "required": ["error", "error_description"],
}
_NO_STORE: Final = {"Pragma": "no-cache"}


def _documented(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: _documented("Refused", _ERROR),
    401: _documented("The client is not who it says", _ERROR),
    413: _documented("Too large", _ERROR),
    415: _documented("Encoded", _ERROR),
    429: _documented("Blocked or too many requests; see Retry-After", _ERROR),
    503: _documented("Unavailable; see Retry-After", _ERROR),
}


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


router: Final = APIRouter(tags=["oauth"])


@router.post(
    "/token",
    responses={200: _documented("Tokens", _TOKENS), **_REFUSALS},
    openapi_extra=_form(_TOKEN_FORM),
)
async def issue_token(
    request: Request,
    office: BackOfficeDep,
    container: ContainerDep,
    client_address: ClientAddressDep,
) -> Response:
    """Log in as a client (`client_credentials`) or as an operator, or refresh an operator's tokens."""
    try:
        parameters = parse_parameters(await read_body(request))
        client = _client(request, parameters)
        grant = parameters.get("grant_type") or parameters.get("grantType")
        if grant == REFRESH_TOKEN:
            await container.requests.count(Kind.REFRESHES, client_address)
        tokens = await _granted(office, grant, parameters, client, client_address)
    except AppError as error:
        return BACK_OFFICE_OAUTH.answer(error)
    return JSONResponse(_answer(tokens), headers=_NO_STORE)


@router.post(
    "/revoke",
    responses={200: {"description": "The token is good for nothing now."}, **_REFUSALS},
    openapi_extra=_form(_ONE_TOKEN_FORM),
)
async def revoke_token(request: Request, office: BackOfficeDep) -> Response:
    """End the session of a token; unknown and foreign tokens are answered alike."""
    try:
        parameters = parse_parameters(await read_body(request))
        await office.token_uses.revoke(needed(parameters, "token"), _client(request, parameters))
    except AppError as error:
        return BACK_OFFICE_OAUTH.answer(error)
    return Response(status_code=200)


@router.post(
    "/introspect",
    responses={200: _documented("What the token is good for", _INTROSPECTION), **_REFUSALS},
    openapi_extra=_form(_ONE_TOKEN_FORM),
)
async def introspect_token(request: Request, office: BackOfficeDep) -> Response:
    """Tell a client what an access token of the back office is good for now."""
    try:
        parameters = parse_parameters(await read_body(request))
        token = needed(parameters, "token")
        live = await office.token_uses.introspect(token, _client(request, parameters))
    except AppError as error:
        return BACK_OFFICE_OAUTH.answer(error)
    return JSONResponse(_described(live), headers=_NO_STORE)


def _client(request: Request, parameters: Mapping[str, str]) -> ClientCredentials | None:
    shown = parse_credentials(request, parameters)
    return None if shown is None else ClientCredentials(shown.client_id, shown.client_secret)


async def _granted(
    office: BackOffice,
    grant: str | None,
    parameters: Mapping[str, str],
    client: ClientCredentials | None,
    client_address: str,
) -> BackOfficeTokens:
    if grant == CLIENT_CREDENTIALS:
        return await office.client_logins.grant(client, parameters.get("scope") or None)
    if grant == PASSWORD:
        username, password = needed(parameters, "username"), needed(parameters, "password")
        return await office.operator_logins.log_in(
            OperatorLogin(username, password, client_address, client)
        )
    if grant == REFRESH_TOKEN:
        return await office.operator_logins.refresh(needed(parameters, "refresh_token"), client)
    if not grant:
        raise ParameterMissing
    raise GrantUnknown


def _answer(tokens: BackOfficeTokens) -> dict[str, object]:
    answer: dict[str, object] = {
        "access_token": tokens.access_token,
        "token_type": "Bearer",
        "expires_in": tokens.expires_in_seconds,
        "scope": from_scopes(tokens.scopes),
    }
    if tokens.refresh_token is not None:
        answer["refresh_token"] = tokens.refresh_token
    return answer


def _described(live: LiveToken | None) -> dict[str, object]:
    if live is None:
        return {"active": False}
    answer: dict[str, object] = {
        "active": True,
        "scope": from_scopes(live.caller.scopes),
        "sub": live.caller.uuid,
        "token_type": "Bearer",
        "iat": live.token.issued_at,
        "exp": live.token.expires_at,
        "jti": live.token.token_id,
    }
    if live.caller.operator_id is None:
        answer["client_id"] = live.caller.uuid
    return answer
