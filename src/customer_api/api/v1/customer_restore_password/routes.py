"""Verbs of `customer-restore-password`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import (
    ClientAddressDep,
    PasswordsDep,
    Public,
    PublicCall,
    ResourceIdMissing,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.customer_restore_password.resource import (
    TYPE,
    restore_fields,
    to_command,
)
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import NEW_PASSWORD
from customer_api.customers.errors import PasswordsDiffer
from customer_api.passwords.errors import RestoreKeyInvalid
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.patch(
    "/customer-restore-password/{anything}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ResourceIdMissing,
        ValidationFailed,
        PasswordsDiffer,
        RestoreKeyInvalid,
        TooManyRequests,
        *NEW_PASSWORD,
    ),
)
async def restore_password(
    anything: str,  # noqa: ARG001 - clients put the reference or the key here; only the body counts
    call: Annotated[PublicCall, Depends(Public(restore_fields, limit=Kind.KEY_USES))],
    passwords: PasswordsDep,
    client_address: ClientAddressDep,
) -> Response:
    """Set a new password with a mailed key; all sessions of the customer end."""
    await passwords.restore(to_command(call.attributes, client_address))
    return no_content()
