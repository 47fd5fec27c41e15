"""Verbs of `customer-password`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import (
    Authenticated,
    ClientAddressDep,
    CustomerCall,
    OnceDep,
    PasswordsDep,
    ResourceIdMissing,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.customer_password.resource import TYPE, change_fields, to_command
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY, NEW_PASSWORD, ONCE
from customer_api.credentials.errors import NewPasswordsDiffer, PasswordWrong
from customer_api.customers.errors import NotOwner
from customer_api.security.rate_limit import TooManyAttempts, TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.patch(
    "/customer-password/{reference}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ResourceIdMissing,
        *CUSTOMER_ONLY,
        ValidationFailed,
        NotOwner,
        NewPasswordsDiffer,
        PasswordWrong,
        TooManyAttempts,
        TooManyRequests,
        *NEW_PASSWORD,
        *ONCE,
    ),
)
async def change_password(
    reference: str,
    *,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated(change_fields))],
    passwords: PasswordsDep,
    client_address: ClientAddressDep,
) -> Response:
    """Change the password; all other sessions of the customer end."""
    command = to_command(call.attributes, client_address)
    act = partial(passwords.change, call.claims, reference, command)
    return await once.answer(call.claims, act, no_content)
