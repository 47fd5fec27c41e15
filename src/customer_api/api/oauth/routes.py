"""`POST /token` (contract 3.10) and the public keys."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from customer_api.api.body import read_body
from customer_api.api.deps import ClientAddressDep, ContainerDep, DeviceDep
from customer_api.api.oauth.errors import STOREFRONT_OAUTH, GrantUnknown
from customer_api.api.oauth.parameters import needed, parse_parameters
from customer_api.bootstrap import Container
from customer_api.core.errors import AppError
from customer_api.security.counters import Kind
from customer_api.tokens.grants import TokenPair
from customer_api.tokens.service import LogIn

JWKS_MAX_AGE_SECONDS: Final = 300
_FORM: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "grant_type": {"enum": ["password", "refresh_token"]},
        "username": {"type": "string"},
        "password": {"type": "string", "format": "password"},
        "refresh_token": {"type": "string"},
    },
    "required": ["grant_type"],
}
_TOKENS: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "access_token": {"type": "string"},
        "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer"},
        "refresh_token": {"type": "string"},
    },
    "required": ["access_token", "token_type", "expires_in", "refresh_token"],
}
_ERROR: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    "required": ["error", "error_description"],
}


def _documented(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


router: Final = APIRouter(tags=["token"])
keys_router: Final = APIRouter(tags=["keys"])


@router.post(
    "/token",
    responses={
        200: _documented("Tokens", _TOKENS),
        400: _documented("Refused", _ERROR),
        413: _documented("Too large", _ERROR),
        415: _documented("Encoded", _ERROR),
        429: _documented("Blocked or too many requests; see Retry-After", _ERROR),
        503: _documented("Unavailable; see Retry-After", _ERROR),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": _FORM}},
        }
    },
)
async def issue_token(
    request: Request, container: ContainerDep, client_address: ClientAddressDep, device: DeviceDep
) -> Response:
    """Log in or refresh by OAuth 2.0; client parameters and scopes are ignored."""
    try:
        parameters = parse_parameters(await read_body(request))
        pair = await _granted(container, parameters, client_address, device)
    except AppError as error:
        return STOREFRONT_OAUTH.answer(error)
    return JSONResponse(
        {
            "access_token": pair.access_token,
            "token_type": pair.token_type,
            "expires_in": pair.expires_in_seconds,
            "refresh_token": pair.refresh_token,
        },
        headers={"Pragma": "no-cache"},
    )


@keys_router.get("/.well-known/jwks.json", include_in_schema=False)
async def read_keys(container: ContainerDep) -> Response:
    """Return the public keys that access tokens can be verified with (RFC 7517)."""
    return JSONResponse(
        container.access_tokens.jwks(),
        media_type="application/jwk-set+json",
        headers={"Cache-Control": f"public, max-age={JWKS_MAX_AGE_SECONDS}"},
    )


async def _granted(
    container: Container, parameters: Mapping[str, str], client_address: str, device: str | None
) -> TokenPair:
    match parameters.get("grant_type") or parameters.get("grantType"):
        case "password":
            username, password = needed(parameters, "username"), needed(parameters, "password")
            return await container.tokens.log_in(LogIn(username, password, client_address, device))
        case "refresh_token":
            refresh_token = needed(parameters, "refresh_token")
            await container.requests.count(Kind.REFRESHES, client_address)
            return await container.agents.refreshes.refresh(refresh_token)
        case _:
            raise GrantUnknown
