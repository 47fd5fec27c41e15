"""Verbs of `customer-access`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.auth import IdentitiesMixed
from customer_api.api.deps import ContainerDep, OptionalCustomer, PublicCall
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.customer_access.resource import SHAPE, TYPE, to_resource
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import ANY_QUERY
from customer_api.jsonapi import document
from customer_api.security.jwt import TokenInvalid

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get(
    "/customer-access",
    responses=openapi.collection_answer(SHAPE)
    | documented(*ANY_QUERY, IdentitiesMixed, TokenInvalid),
)
async def read_customer_access(
    call: Annotated[PublicCall, Depends(OptionalCustomer())], container: ContainerDep
) -> Response:
    """Return the resource types that are hidden from guests."""
    hidden = await container.guest_access.hidden()
    resource = to_resource(hidden.resource_types, call.links)
    body = document.collection([resource], call.query, self_link=call.links.collection(TYPE))
    return JsonApiResponse(body)
