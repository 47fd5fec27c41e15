"""Verbs of `orders` in the back office."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.deps import CallerCall, CustomerCareDep, OnceDep, Operated
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.errors import (
    ABOUT_CUSTOMER,
    CALLER_ONLY,
    ONCE,
    WITH_BODY,
    documented,
)
from customer_api.api.back_office.v1.orders import batch as batches
from customer_api.api.back_office.v1.orders.batch import Batch
from customer_api.api.back_office.v1.orders.fields import order_fields, to_command
from customer_api.api.back_office.v1.orders.resource import (
    BODY_LIMIT_BYTES,
    LISTED_SHAPE,
    ORDER,
    SHAPE,
    TYPE,
    to_listed,
    to_resource,
)
from customer_api.api.conditions import to_etag
from customer_api.api.deps import ContainerDep, ExpectedStateDep
from customer_api.api.responses import JsonApiResponse
from customer_api.audit.models import Action
from customer_api.core.keyset import CursorUnknown
from customer_api.core.states import StateOutdated
from customer_api.customers.errors import CustomersUnknown
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope
from customer_api.orders.errors import OrderReferenceInvalid, OrderUnknown
from customer_api.orders.models import Order, Outcome, Pushed
from customer_api.orders.service import BatchResult

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

OrderReference = Annotated[str, Path(alias="orderReference")]

_READ: Final = Operated(Scope.ORDERS_READ, TYPE)
_READ_OF_CUSTOMER: Final = Operated(Scope.ORDERS_READ, TYPE, action=Action.ORDERS_READ)
_PUSHED: Final = Operated(Scope.ORDERS_WRITE, TYPE, order_fields, body_limit_bytes=BODY_LIMIT_BYTES)
_BATCH: Final = Operated(
    Scope.ORDERS_WRITE,
    batches.TYPE,
    batches.batch_fields,
    body_limit_bytes=batches.BODY_LIMIT_BYTES,
)


@router.put(
    "/orders/{orderReference}",
    responses=openapi.state_answer(200, SHAPE)
    | openapi.state_answer(201, SHAPE)
    | documented(
        *CALLER_ONLY,
        *WITH_BODY,
        OrderReferenceInvalid,
        CustomersUnknown,
        StateOutdated,
        *ONCE,
    ),
)
async def push_order(
    reference: OrderReference,
    *,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_PUSHED)],
    care: CustomerCareDep,
    expected: ExpectedStateDep,
) -> Response:
    """Store an order, new (201) or in place of what was there (200); the same again is no change."""
    command = to_command(reference, call.attributes)
    act = partial(care.orders.push, call.claims, command, expected=expected)
    render = partial(_pushed, call=call)
    return await once.answer(call.claims, act, render, owner=lambda it: it.order.customer_id)


@router.post(
    "/orders",
    responses=openapi.single_answer(200, batches.SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, *ONCE),
)
async def push_orders(
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_BATCH)],
    care: CustomerCareDep,
    container: ContainerDep,
) -> Response:
    """Store up to 100 orders, each whole or not at all; the results are in the order of the batch."""
    batch = batches.to_batch(call.attributes, container.clock.now().date())
    act = partial(care.orders.push_all, call.claims, tuple(batch.commands.values()))
    return await once.answer(call.claims, act, partial(_results, call=call, batch=batch))


@router.get(
    "/orders/{orderReference}",
    responses=openapi.state_answer(200, SHAPE) | documented(*CALLER_ONLY, OrderUnknown),
)
async def read_order(
    reference: OrderReference,
    call: Annotated[CallerCall, Depends(_READ)],
    care: CustomerCareDep,
) -> Response:
    """Return an order."""
    return _single(await care.orders.order(call.claims, reference), call=call)


@router.get(
    "/customers/{reference}/orders",
    responses=openapi.collection_answer(LISTED_SHAPE)
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, ListInvalid, CursorUnknown),
    openapi_extra={"parameters": listing.parameters()},
)
async def list_orders_of_customer(
    reference: str,
    call: Annotated[CallerCall, Depends(_READ_OF_CUSTOMER)],
    care: CustomerCareDep,
) -> Response:
    """Return a page of a customer's orders, the last one first."""
    found = await care.orders.list_page(call.claims, listing.plain_page(call.query, ORDER))
    body = document.collection(
        [to_listed(head, call.links) for head in found.entries],
        call.query,
        self_link=call.links.collection("customers", reference, TYPE),
        paging=listing.paging(found, ORDER, lambda head: head.reference),
    )
    return JsonApiResponse(body)


def _pushed(pushed: Pushed, *, call: CallerCall) -> JsonApiResponse:
    status = 201 if pushed.outcome is Outcome.CREATED else 200
    return _single(pushed.order, call=call, status=status)


def _results(stored: Sequence[BatchResult], *, call: CallerCall, batch: Batch) -> JsonApiResponse:
    resource = batches.to_resource(batch, stored, call.links)
    return JsonApiResponse(document.single(resource, call.query))


def _single(order: Order, *, call: CallerCall, status: int = 200) -> JsonApiResponse:
    body = document.single(to_resource(order, call.links), call.query)
    headers = {"ETag": to_etag(order.head.etag_state)}
    return JsonApiResponse(body, status_code=status, headers=headers)
