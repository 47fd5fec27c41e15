"""Verbs of `reorders`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import Authenticated, CustomerCall, OnceDep, ValidationFailed
from customer_api.api.responses import JsonApiResponse
from customer_api.api.sections import OwnOrdersDep
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY, ONCE
from customer_api.api.v1.reorders.resource import (
    SHAPE,
    TYPE,
    reorder_fields,
    to_lines,
    to_resource,
)
from customer_api.jsonapi import document
from customer_api.orders.errors import OrderUnknown
from customer_api.orders.reorders import Reordered

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/orders/{reference}/reorders",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(BodyInvalid, TypeInvalid, *CUSTOMER_ONLY, ValidationFailed, OrderUnknown, *ONCE),
)
async def reorder(
    reference: str,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated(reorder_fields))],
    orders: OwnOrdersDep,
) -> Response:
    """Order items of an order again, or all of it; the cart service is told of what is accepted."""
    act = partial(orders.reorders.reorder, call.claims, reference, to_lines(call.attributes))
    return await once.answer(call.claims, act, partial(_answer, call=call, reference=reference))


def _answer(reordered: Reordered, *, call: CustomerCall, reference: str) -> JsonApiResponse:
    body = document.single(to_resource(reordered, reference, call.links), call.query)
    return JsonApiResponse(body, status_code=201)
