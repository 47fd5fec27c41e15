"""Verbs of `orders`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.deps import Authenticated, CustomerCall
from customer_api.api.responses import JsonApiResponse
from customer_api.api.sections import OwnOrdersDep
from customer_api.api.v1.errors import documented
from customer_api.api.v1.orders import criteria
from customer_api.api.v1.orders.resource import LISTED_SHAPE, SHAPE, TYPE, to_listed, to_resource
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
from customer_api.jsonapi import document
from customer_api.orders.errors import OrdersNotOwned, OrderUnknown

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get(
    "/orders",
    responses=openapi.collection_answer(LISTED_SHAPE) | documented(*CUSTOMER_ONLY),
    openapi_extra=criteria.parameters(),
)
async def list_orders(
    call: Annotated[CustomerCall, Depends(Authenticated())], orders: OwnOrdersDep
) -> Response:
    """Return the caller's orders, the last placed first unless `sort` says otherwise."""
    return await _listed(call, orders, None, call.links.collection(TYPE))


@router.get(
    "/orders/{reference}",
    responses=openapi.single_answer(200, SHAPE) | documented(*CUSTOMER_ONLY, OrderUnknown),
)
async def read_order(
    reference: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    orders: OwnOrdersDep,
) -> Response:
    """Return one order of the caller, as the order system pushed it."""
    order = await orders.history.order(call.claims, reference)
    return JsonApiResponse(document.single(to_resource(order, call.links), call.query))


@router.get(
    "/customers/{reference}/orders",
    responses=openapi.collection_answer(LISTED_SHAPE) | documented(*CUSTOMER_ONLY, OrdersNotOwned),
    openapi_extra=criteria.parameters(),
)
async def list_orders_of_customer(
    reference: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    orders: OwnOrdersDep,
) -> Response:
    """Return the caller's orders, asked for by reference; otherwise as `GET /orders`."""
    self_link = call.links.collection("customers", reference, TYPE)
    return await _listed(call, orders, reference, self_link)


async def _listed(
    call: CustomerCall, orders: OwnOrdersDep, reference: str | None, self_link: str
) -> Response:
    wanted, page = criteria.search_of(call.query), criteria.page_of(call.query)
    found = await orders.history.list_page(
        call.claims, reference, wanted, offset=page.offset, limit=page.limit
    )
    body = document.collection(
        [to_listed(it, call.links) for it in found.entries],
        call.query,
        self_link=self_link,
        paging=criteria.paging_of(call.query, page, found),
    )
    return JsonApiResponse(body)
