"""Verbs of `agent-access-tokens`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.agents import AgentsDep, Unvalidated
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import ClientAddressDep, PublicCall
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.agent_access_tokens.resource import (
    SHAPE,
    TYPE,
    login_fields,
    to_command,
    to_resource,
)
from customer_api.api.v1.errors import documented
from customer_api.core.errors import Unavailable
from customer_api.jsonapi import document
from customer_api.operators.errors import OperatorLoginFailed
from customer_api.security.rate_limit import TooManyAttempts, TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/agent-access-tokens",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(
        BodyInvalid,
        TypeInvalid,
        OperatorLoginFailed,
        TooManyAttempts,
        TooManyRequests,
        Unavailable,
    ),
)
async def log_in(
    call: Annotated[PublicCall, Depends(Unvalidated(login_fields))],
    agents: AgentsDep,
    client_address: ClientAddressDep,
) -> Response:
    """Log an agent in: exchange an operator's e-mail and password for tokens of the storefront."""
    pair = await agents.log_in(to_command(call.attributes, client_address))
    body = document.single(to_resource(pair, TYPE, call.links), call.query)
    return JsonApiResponse(body, status_code=201)
