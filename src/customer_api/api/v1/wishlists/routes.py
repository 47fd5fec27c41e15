"""Verbs of `wishlists`; there is no wishlist yet, so the list is empty."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.deps import Authenticated, CustomerCall, CustomersDep
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
from customer_api.api.v1.refusals import WishlistNotFound
from customer_api.jsonapi import document

TYPE: Final = "wishlists"
SHAPE: Final = openapi.Shape(TYPE, {})

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get("/wishlists", responses=openapi.collection_answer(SHAPE) | documented(*CUSTOMER_ONLY))
async def list_wishlists(
    call: Annotated[CustomerCall, Depends(Authenticated())], customers: CustomersDep
) -> Response:
    """Return the caller's wishlists."""
    await customers.current(call.claims)
    return JsonApiResponse(
        document.collection((), call.query, self_link=call.links.collection(TYPE))
    )


@router.get("/wishlists/{uuid}", responses=documented(*CUSTOMER_ONLY, WishlistNotFound))
async def read_wishlist(
    uuid: str,  # noqa: ARG001 - whatever it is, there is no such wishlist
    call: Annotated[CustomerCall, Depends(Authenticated())],
    customers: CustomersDep,
) -> Response:
    """Return one wishlist of the caller."""
    await customers.current(call.claims)
    raise WishlistNotFound
