"""Verbs of `customer-confirmation`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import Public, PublicCall, RegistrationDep, ValidationFailed
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.customer_confirmation.resource import TYPE, confirm_fields
from customer_api.api.v1.errors import documented
from customer_api.core.errors import Unavailable
from customer_api.registration.errors import ConfirmationKeyInvalid
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/customer-confirmation",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        ConfirmationKeyInvalid,
        TooManyRequests,
        Unavailable,
    ),
)
async def confirm_customer(
    call: Annotated[PublicCall, Depends(Public(confirm_fields, limit=Kind.KEY_USES))],
    registration: RegistrationDep,
) -> Response:
    """Confirm the mailbox with the key of the registration mail."""
    await registration.confirm(call.attributes["registrationKey"])
    return no_content()
