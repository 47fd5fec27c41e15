"""Verbs of `newsletter-confirmation`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import ContainerDep, Public, PublicCall, ValidationFailed
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.errors import documented
from customer_api.api.v1.newsletter_confirmation.resource import TYPE, confirm_fields
from customer_api.core.errors import Unavailable
from customer_api.newsletter.errors import NewsletterKeyInvalid
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/newsletter-confirmation",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        TooManyRequests,
        NewsletterKeyInvalid,
        Unavailable,
    ),
)
async def confirm_newsletter(
    call: Annotated[PublicCall, Depends(Public(confirm_fields, limit=Kind.KEY_USES))],
    container: ContainerDep,
) -> Response:
    """Subscribe the mailbox that the key was mailed to."""
    await container.newsletters.confirm(call.attributes["key"])
    return no_content()
