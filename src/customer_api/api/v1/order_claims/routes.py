"""Verbs of `order-claims`."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import Authenticated, CustomerCall, OnceDep
from customer_api.api.responses import JsonApiResponse
from customer_api.api.sections import OwnOrdersDep
from customer_api.api.v1.errors import documented
from customer_api.api.v1.order_claims.resource import SHAPE, TYPE, claim_fields, to_resource
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY, ONCE
from customer_api.customers.errors import MailboxUnproven, NotOwner
from customer_api.jsonapi import document

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/customers/{reference}/order-claims",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(BodyInvalid, TypeInvalid, *CUSTOMER_ONLY, NotOwner, MailboxUnproven, *ONCE),
)
async def claim_orders(
    reference: str,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated(claim_fields))],
    orders: OwnOrdersDep,
) -> Response:
    """Take over what the caller ordered as a guest with the present e-mail; at most 500 orders a call."""
    act = partial(orders.claims.claim, call.claims, reference)
    return await once.answer(call.claims, act, partial(_answer, call=call, reference=reference))


def _answer(claimed: Sequence[str], *, call: CustomerCall, reference: str) -> JsonApiResponse:
    body = document.single(to_resource(claimed, reference, call.links), call.query)
    return JsonApiResponse(body, status_code=201)
