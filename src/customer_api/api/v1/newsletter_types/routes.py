"""Verbs of `newsletter-types`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.deps import ContainerDep, Public, PublicCall
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.errors import documented
from customer_api.api.v1.newsletter_types.resource import SHAPE, TYPE, to_resource
from customer_api.api.v1.refusal_groups import ANY_QUERY
from customer_api.core.errors import Unavailable
from customer_api.jsonapi import document
from customer_api.newsletter.errors import TypeNotFound

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get(
    "/newsletter-types",
    responses=openapi.collection_answer(SHAPE) | documented(*ANY_QUERY, Unavailable),
)
async def list_newsletter_types(
    call: Annotated[PublicCall, Depends(Public())], container: ContainerDep
) -> Response:
    """Return the newsletters that there are, by name."""
    body = document.collection(
        [to_resource(newsletter, call.links) for newsletter in await container.newsletters.types()],
        call.query,
        self_link=call.links.collection(TYPE),
    )
    return JsonApiResponse(body)


@router.get(
    "/newsletter-types/{uuid}",
    responses=openapi.single_answer(200, SHAPE) | documented(*ANY_QUERY, TypeNotFound, Unavailable),
)
async def read_newsletter_type(
    uuid: str, call: Annotated[PublicCall, Depends(Public())], container: ContainerDep
) -> Response:
    """Return one newsletter, with the text that new subscribers agree to."""
    newsletter = await container.newsletters.read_type(uuid)
    return JsonApiResponse(document.single(to_resource(newsletter, call.links), call.query))
