"""Verbs of `customer-password-undo`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import PasswordsDep, Public, PublicCall, ValidationFailed
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.customer_password_undo.resource import TYPE, undo_fields
from customer_api.api.v1.errors import documented
from customer_api.core.errors import Unavailable
from customer_api.passwords.errors import PasswordUndoKeyInvalid
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/customer-password-undo",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        PasswordUndoKeyInvalid,
        TooManyRequests,
        Unavailable,
    ),
)
async def undo_password_change(
    call: Annotated[PublicCall, Depends(Public(undo_fields, limit=Kind.KEY_USES))],
    passwords: PasswordsDep,
) -> Response:
    """Remove a password that somebody else set; all sessions end, and a restore key is mailed."""
    await passwords.undo(call.attributes["key"])
    return no_content()
