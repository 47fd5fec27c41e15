"""Verbs of `access-tokens`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office.deps import Anonymous, BackOfficeDep, Call
from customer_api.api.back_office.v1.access_tokens.resource import (
    SHAPE,
    TYPE,
    login_fields,
    to_command,
    to_resource,
)
from customer_api.api.back_office.v1.errors import documented
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import ClientAddressDep, ValidationFailed
from customer_api.api.responses import JsonApiResponse
from customer_api.core.errors import Unavailable
from customer_api.jsonapi import document
from customer_api.operators.errors import OperatorLoginFailed
from customer_api.security.rate_limit import TooManyAttempts, TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/access-tokens",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        OperatorLoginFailed,
        TooManyAttempts,
        TooManyRequests,
        Unavailable,
    ),
)
async def log_in(
    call: Annotated[Call, Depends(Anonymous(TYPE, login_fields))],
    office: BackOfficeDep,
    client_address: ClientAddressDep,
) -> Response:
    """Log an operator in: exchange e-mail and password for an access and a refresh token."""
    tokens = await office.operator_logins.log_in(to_command(call.attributes, client_address))
    body = document.single(to_resource(tokens, call.links), call.query)
    return JsonApiResponse(body, status_code=201)
