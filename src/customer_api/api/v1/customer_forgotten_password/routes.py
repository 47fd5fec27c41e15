"""Verbs of `customer-forgotten-password`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import ContainerDep, Public, PublicCall, ValidationFailed
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.customer_forgotten_password.resource import TYPE, request_fields
from customer_api.api.v1.errors import documented
from customer_api.core.errors import Unavailable
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/customer-forgotten-password",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(BodyInvalid, TypeInvalid, ValidationFailed, TooManyRequests, Unavailable),
)
async def request_restore(
    call: Annotated[PublicCall, Depends(Public(request_fields, limit=Kind.RESTORE_REQUESTS))],
    container: ContainerDep,
) -> Response:
    """Mail a restore key; the answer is the same whether or not the address has an account."""
    await container.restore_requests.add(call.attributes["email"])
    return no_content()
