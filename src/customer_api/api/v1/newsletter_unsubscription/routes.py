"""Verbs of `newsletter-unsubscription`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import ContainerDep, PublicCall, ValidationFailed
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.errors import documented
from customer_api.api.v1.newsletter_unsubscription.resource import TYPE, OneClick, end_fields
from customer_api.core.errors import Unavailable

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/newsletter-unsubscription",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(BodyInvalid, TypeInvalid, ValidationFailed, Unavailable),
)
async def end_newsletter(
    call: Annotated[PublicCall, Depends(OneClick(end_fields))],
    container: ContainerDep,
) -> Response:
    """End the subscription whose mails have the key; unknown keys are answered alike.

    Mail programs post the form of RFC 8058 to this path with `?key=`.
    """
    await container.newsletters.unsubscribe(call.attributes["key"])
    return no_content()
