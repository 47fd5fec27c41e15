"""Verbs of `customer-email-confirmation`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import (
    ClientAddressDep,
    EmailChangesDep,
    Public,
    PublicCall,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.customer_email_confirmation.resource import (
    TYPE,
    confirm_fields,
    to_command,
)
from customer_api.api.v1.errors import documented
from customer_api.core.errors import Unavailable
from customer_api.credentials.errors import PasswordWrong
from customer_api.customers.errors import EmailTaken
from customer_api.email_change.errors import EmailChangeKeyInvalid
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyAttempts, TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/customer-email-confirmation",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        EmailChangeKeyInvalid,
        TooManyAttempts,
        TooManyRequests,
        PasswordWrong,
        EmailTaken,
        Unavailable,
    ),
)
async def confirm_email(
    call: Annotated[PublicCall, Depends(Public(confirm_fields, limit=Kind.KEY_USES))],
    email_changes: EmailChangesDep,
    client_address: ClientAddressDep,
) -> Response:
    """Apply a changed e-mail with the key from its mailbox and the password; all sessions end."""
    await email_changes.confirm(to_command(call.attributes, client_address))
    return no_content()
