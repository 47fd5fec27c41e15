"""Verbs of `access-tokens`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import (
    ClientAddressDep,
    DeviceDep,
    Login,
    PublicCall,
    TokensDep,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.access_tokens.resource import (
    SHAPE,
    TYPE,
    login_fields,
    to_command,
    to_resource,
)
from customer_api.api.v1.errors import documented
from customer_api.core.errors import Unavailable
from customer_api.jsonapi import document
from customer_api.security.rate_limit import TooManyAttempts, TooManyRequests
from customer_api.tokens.errors import LoginFailed

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/access-tokens",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        LoginFailed,
        TooManyAttempts,
        TooManyRequests,
        Unavailable,
    ),
)
async def log_in(
    call: Annotated[PublicCall, Depends(Login(login_fields))],
    tokens: TokensDep,
    client_address: ClientAddressDep,
    device: DeviceDep,
) -> Response:
    """Log in: exchange e-mail and password for an access and a refresh token."""
    pair = await tokens.log_in(to_command(call.attributes, client_address, device))
    body = document.single(to_resource(pair, TYPE, call.links), call.query)
    return JsonApiResponse(body, status_code=201)
