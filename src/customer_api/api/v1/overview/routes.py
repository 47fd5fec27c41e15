"""Verbs of `customer-overviews`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.deps import Authenticated, CustomerCall
from customer_api.api.responses import JsonApiResponse
from customer_api.api.sections import AccountsDep
from customer_api.api.v1.errors import documented
from customer_api.api.v1.overview.resource import SHAPE, TYPE, to_resource
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
from customer_api.customers.errors import NotOwner
from customer_api.jsonapi import document

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get(
    "/customers/{reference}/overview",
    responses=openapi.single_answer(200, SHAPE) | documented(*CUSTOMER_ONLY, NotOwner),
)
async def read_overview(
    reference: str, call: Annotated[CustomerCall, Depends(Authenticated())], accounts: AccountsDep
) -> Response:
    """Return the first page of an account: profile, default addresses, last five orders, newsletters."""
    overview = await accounts.overview(call.claims, reference)
    return JsonApiResponse(document.single(to_resource(overview, call.links), call.query))
