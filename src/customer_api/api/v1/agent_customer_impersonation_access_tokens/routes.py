"""Verbs of `agent-customer-impersonation-access-tokens`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.agents.errors import ImpersonationFailed
from customer_api.api import openapi
from customer_api.api.agents import AgentCall, AgentOnly, AgentsDep
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.agent_access_tokens.resource import to_resource
from customer_api.api.v1.agent_customer_impersonation_access_tokens.resource import (
    SHAPE,
    TYPE,
    impersonation_fields,
)
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import AGENT_ONLY
from customer_api.jsonapi import document

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/agent-customer-impersonation-access-tokens",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(BodyInvalid, TypeInvalid, *AGENT_ONLY, ImpersonationFailed),
)
async def impersonate(
    call: Annotated[AgentCall, Depends(AgentOnly(impersonation_fields))], agents: AgentsDep
) -> Response:
    """Get tokens that act as a customer everywhere, but for what only the customer may do."""
    pair = await agents.impersonate(call.claims, call.attributes.get("customerReference", ""))
    body = document.single(to_resource(pair, TYPE, call.links), call.query)
    return JsonApiResponse(body, status_code=201)
