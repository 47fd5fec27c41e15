"""Verbs of `stores`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.deps import ContainerDep, Public, PublicCall
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import ANY_QUERY
from customer_api.api.v1.refusals import StoreNotFound
from customer_api.api.v1.stores.resource import SHAPE, TYPE, to_resource
from customer_api.jsonapi import document

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get("/stores", responses=openapi.collection_answer(SHAPE) | documented(*ANY_QUERY))
async def list_stores(
    call: Annotated[PublicCall, Depends(Public())], container: ContainerDep
) -> Response:
    """Return a list with the one store of this installation."""
    store = to_resource(container.settings, call.links)
    body = document.collection([store], call.query, self_link=call.links.collection(TYPE))
    return JsonApiResponse(body)


@router.get(
    "/stores/{name}",
    responses=openapi.single_answer(200, SHAPE) | documented(*ANY_QUERY, StoreNotFound),
)
async def read_store(
    name: str, call: Annotated[PublicCall, Depends(Public())], container: ContainerDep
) -> Response:
    """Return the store."""
    if name != container.settings.store:
        raise StoreNotFound
    return JsonApiResponse(document.single(to_resource(container.settings, call.links), call.query))
