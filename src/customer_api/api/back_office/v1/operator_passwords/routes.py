"""Verbs of `operator-passwords`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office.deps import Anonymous, Call, OperatorPasswordsDep
from customer_api.api.back_office.v1.errors import documented
from customer_api.api.back_office.v1.operator_passwords.resource import TYPE, set_fields
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import ValidationFailed
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.refusal_groups import NEW_PASSWORD
from customer_api.operators.errors import PasswordKeyInvalid
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/operator-passwords",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        PasswordKeyInvalid,
        TooManyRequests,
        *NEW_PASSWORD,
    ),
)
async def set_password(
    call: Annotated[Call, Depends(Anonymous(TYPE, set_fields, limit=Kind.KEY_USES))],
    passwords: OperatorPasswordsDep,
) -> Response:
    """Set an operator's password with the key of a link; every session of theirs ends."""
    await passwords.set(call.attributes["key"], call.attributes["password"])
    return no_content()
