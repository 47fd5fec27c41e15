"""Verbs of `agent-customer-search`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.agents import AgentCall, AgentOnly, AgentsDep
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.agent_customer_search.resource import (
    PARAMETERS,
    SHAPE,
    TEXT,
    TYPE,
    to_page,
    to_resource,
)
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import AGENT_ONLY
from customer_api.jsonapi import document
from customer_api.jsonapi.links import Paging

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get(
    "/agent-customer-search",
    responses=openapi.collection_answer(SHAPE) | documented(*AGENT_ONLY),
    openapi_extra=PARAMETERS,
)
async def search(call: Annotated[AgentCall, Depends(AgentOnly())], agents: AgentsDep) -> Response:
    """Find customers by a piece of their e-mail or name, or by their whole reference."""
    page = to_page(call.query)
    text = call.query.parameters.get(TEXT, "")
    found = await agents.search(call.claims, text, offset=page.offset, limit=page.limit)
    body = document.collection(
        [to_resource(found, call.links)],
        call.query,
        self_link=call.links.collection(TYPE),
        paging=Paging(page.offset, page.limit, found.total),
    )
    return JsonApiResponse(body)
