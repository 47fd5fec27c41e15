"""Verbs of `customer-access` in the back office."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.access.errors import ResourceTypesUnknown
from customer_api.access.models import HiddenTypes
from customer_api.api import openapi
from customer_api.api.back_office.deps import BackOfficeDep, CallerCall, OnceDep, Operated
from customer_api.api.back_office.v1.customer_access.resource import change_fields
from customer_api.api.back_office.v1.errors import CALLER_ONLY, ONCE, WITH_BODY, documented
from customer_api.api.conditions import to_etag
from customer_api.api.deps import ExpectedStateDep
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.customer_access.resource import SHAPE, TYPE, to_resource
from customer_api.core.states import StateOutdated
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_READ: Final = Operated(Scope.CUSTOMERS_READ, TYPE)
_CHANGED: Final = Operated(Scope.ACCESS_WRITE, TYPE, change_fields)


@router.get(
    "/customer-access", responses=openapi.state_answer(200, SHAPE) | documented(*CALLER_ONLY)
)
async def read_access(
    call: Annotated[CallerCall, Depends(_READ)], office: BackOfficeDep
) -> Response:
    """Return the resource types that are hidden from guests."""
    return _single(await office.access.read(call.claims), call=call)


@router.patch(
    "/customer-access",
    responses=openapi.state_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, ResourceTypesUnknown, StateOutdated, *ONCE),
)
async def change_access(
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_CHANGED)],
    office: BackOfficeDep,
    expected: ExpectedStateDep,
) -> Response:
    """Hide these types from guests and no others; it holds with their next request."""
    types = call.attributes["resourceTypes"]
    act = partial(office.access.change, call.claims, types, expected=expected)
    return await once.answer(call.claims, act, partial(_single, call=call))


def _single(hidden: HiddenTypes, *, call: CallerCall) -> JsonApiResponse:
    body = document.single(to_resource(hidden.resource_types, call.links), call.query)
    return JsonApiResponse(body, headers={"ETag": to_etag(hidden.state)})
