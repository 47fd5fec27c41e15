"""Verbs of `orders`, which the storefront does not show yet: every list is empty."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.deps import Authenticated, CustomerCall, CustomersDep
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
from customer_api.api.v1.refusals import OrderNotFound, OrdersNotOwned
from customer_api.jsonapi import document

TYPE: Final = "orders"
SHAPE: Final = openapi.Shape(TYPE, {})

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get("/orders", responses=openapi.collection_answer(SHAPE) | documented(*CUSTOMER_ONLY))
async def list_orders(
    call: Annotated[CustomerCall, Depends(Authenticated())], customers: CustomersDep
) -> Response:
    """Return the caller's orders."""
    await customers.current(call.claims)
    return JsonApiResponse(
        document.collection((), call.query, self_link=call.links.collection(TYPE))
    )


@router.get("/orders/{reference}", responses=documented(*CUSTOMER_ONLY, OrderNotFound))
async def read_order(
    reference: str,  # noqa: ARG001 - whatever it is, there is no such order
    call: Annotated[CustomerCall, Depends(Authenticated())],
    customers: CustomersDep,
) -> Response:
    """Return one order of the caller."""
    await customers.current(call.claims)
    raise OrderNotFound


@router.get(
    "/customers/{reference}/orders",
    responses=openapi.collection_answer(SHAPE) | documented(*CUSTOMER_ONLY, OrdersNotOwned),
)
async def list_orders_of_customer(
    reference: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    customers: CustomersDep,
) -> Response:
    """Return the caller's orders, asked for by reference."""
    customer = await customers.current(call.claims)
    if customer.reference != reference:
        raise OrdersNotOwned
    self_link = call.links.collection("customers", reference, TYPE)
    return JsonApiResponse(document.collection((), call.query, self_link=self_link))
