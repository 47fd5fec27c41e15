"""Verbs of `customer-email-undo`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import EmailChangesDep, Public, PublicCall, ValidationFailed
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.customer_email_undo.resource import TYPE, undo_fields
from customer_api.api.v1.errors import documented
from customer_api.core.errors import Unavailable
from customer_api.customers.errors import EmailTaken
from customer_api.email_change.errors import EmailChangeKeyInvalid
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/customer-email-undo",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        EmailChangeKeyInvalid,
        EmailTaken,
        TooManyRequests,
        Unavailable,
    ),
)
async def undo_email_change(
    call: Annotated[PublicCall, Depends(Public(undo_fields, limit=Kind.KEY_USES))],
    email_changes: EmailChangesDep,
) -> Response:
    """Give the former e-mail back; the password is removed, all sessions end, and a restore key is mailed."""
    await email_changes.undo(call.attributes["key"])
    return no_content()
