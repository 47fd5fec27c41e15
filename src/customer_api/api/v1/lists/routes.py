"""Verbs of wishlists, shopping lists and their items (contract 1.1, 3.13 and 3.14).

Nobody can make a list yet, so there is none to find, and a client that asks for one is told so.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response
from typing_extensions import override

from customer_api.api import edge, openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import (
    Authenticated,
    CustomerCall,
    CustomersDep,
    ResourceIdMissing,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
from customer_api.api.v1.refusals import (
    ShoppingListNotFound,
    WishlistItemRefused,
    WishlistNotFound,
)
from customer_api.core.errors import AppError
from customer_api.core.settings import Settings
from customer_api.core.types import JsonObject
from customer_api.jsonapi import document
from customer_api.jsonapi.constraints import Constraint, Length, NotBlank
from customer_api.jsonapi.validation import Field, Fields

WISHLISTS: Final = "wishlists"
WISHLIST_ITEMS: Final = "wishlist-items"
SHOPPING_LISTS: Final = "shopping-lists"
SHOPPING_LIST_ITEMS: Final = "shopping-list-items"

_NOT_FOUND: Final[dict[str, type[AppError]]] = {
    WISHLISTS: WishlistNotFound,
    WISHLIST_ITEMS: WishlistNotFound,
    SHOPPING_LISTS: ShoppingListNotFound,
    SHOPPING_LIST_ITEMS: ShoppingListNotFound,
}
_CHANGE: Final = (*CUSTOMER_ONLY, ResourceIdMissing)
_BODY: Final = (BodyInvalid, TypeInvalid)
_WISHLIST: Final = "/wishlists/{uuid}"
_ADD_TO_WISHLIST: Final = "/wishlists/{uuid}/wishlist-items"
_WISHLIST_ITEM: Final = _ADD_TO_WISHLIST + "/{item}"
_SHOPPING_LIST: Final = "/shopping-lists/{uuid}"
_ADD_TO_SHOPPING_LIST: Final = "/shopping-lists/{uuid}/shopping-list-items"
_SHOPPING_LIST_ITEM: Final = _ADD_TO_SHOPPING_LIST + "/{item}"

router: Final = APIRouter(default_response_class=JsonApiResponse)


@dataclass(frozen=True, slots=True)
class Quantity(Constraint):
    """A whole number above 0 that fits 31 bits; null passes."""

    @override
    def refusal(self, value: object, today: date) -> str | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return "This value should be of type integer."
        if value <= 0:
            return "This value should be greater than 0."
        return None if value < _LIMIT else f"This value should be less than {_LIMIT}."

    @override
    def schema(self) -> JsonObject:
        return {"minimum": 1, "maximum": _LIMIT - 1}


_LIMIT: Final = 2**31 - 1
_QUANTITY: Final = Field("quantity", NotBlank(), Quantity(), type="integer")
_SKU: Final = Field("sku", NotBlank())


def name_fields(_settings: Settings) -> Fields:
    """Return the rules of a list."""
    return Fields(Field("name", NotBlank(), Length(max=255)))


def no_fields(_settings: Settings) -> Fields:
    """Return that there are none."""
    return Fields()


def wishlist_item_fields(_settings: Settings) -> Fields:
    """Return the rules of what is added to a wishlist."""
    return Fields(_SKU)


def shopping_list_item_fields(_settings: Settings) -> Fields:
    """Return the rules of what is added to a shopping list."""
    return Fields(_SKU, _QUANTITY)


def quantity_fields(_settings: Settings) -> Fields:
    """Return the rules of a change of an item of a shopping list."""
    return Fields(_QUANTITY)


Call = Annotated[CustomerCall, Depends(Authenticated())]


@router.get(
    "/wishlists",
    tags=[WISHLISTS],
    responses=openapi.collection_answer(openapi.Shape(WISHLISTS, {})) | documented(*CUSTOMER_ONLY),
)
@router.get(
    "/shopping-lists",
    tags=[SHOPPING_LISTS],
    responses=openapi.collection_answer(openapi.Shape(SHOPPING_LISTS, {}))
    | documented(*CUSTOMER_ONLY),
)
async def show_none(call: Call, customers: CustomersDep) -> Response:
    """Return the caller's lists, of which there are none."""
    await customers.current(call.claims)
    self_link = call.links.collection(call.links.requested_type)
    return JsonApiResponse(document.collection((), call.query, self_link=self_link))


@router.get(_WISHLIST, tags=[WISHLISTS], responses=documented(*CUSTOMER_ONLY, WishlistNotFound))
@router.delete(_WISHLIST, tags=[WISHLISTS], responses=documented(*_CHANGE, WishlistNotFound))
@router.delete(
    _WISHLIST_ITEM, tags=[WISHLIST_ITEMS], responses=documented(*_CHANGE, WishlistNotFound)
)
@router.get(
    _SHOPPING_LIST,
    tags=[SHOPPING_LISTS],
    responses=documented(*CUSTOMER_ONLY, ShoppingListNotFound),
)
@router.delete(
    _SHOPPING_LIST, tags=[SHOPPING_LISTS], responses=documented(*_CHANGE, ShoppingListNotFound)
)
@router.delete(
    _SHOPPING_LIST_ITEM,
    tags=[SHOPPING_LIST_ITEMS],
    responses=documented(*_CHANGE, ShoppingListNotFound),
)
async def find_none(call: Call, customers: CustomersDep) -> Response:
    """Tell that the caller has no such list."""
    await customers.current(call.claims)
    raise _NOT_FOUND[call.links.requested_type]


@router.patch(
    _WISHLIST,
    tags=[WISHLISTS],
    responses=documented(*_CHANGE, *_BODY, ValidationFailed, WishlistNotFound),
)
@router.patch(
    _SHOPPING_LIST,
    tags=[SHOPPING_LISTS],
    responses=documented(*_CHANGE, *_BODY, ValidationFailed, ShoppingListNotFound),
)
async def rename_none(
    call: Annotated[CustomerCall, Depends(Authenticated(name_fields))], customers: CustomersDep
) -> Response:
    """Tell that the caller has no such list to rename."""
    return await find_none(call, customers)


@router.patch(
    _WISHLIST_ITEM, tags=[WISHLIST_ITEMS], responses=documented(*_CHANGE, *_BODY, WishlistNotFound)
)
async def reconfigure_none(
    call: Annotated[CustomerCall, Depends(Authenticated(no_fields))], customers: CustomersDep
) -> Response:
    """Tell that the caller has no such list with an item to configure."""
    return await find_none(call, customers)


@router.post(
    _ADD_TO_WISHLIST,
    tags=[WISHLIST_ITEMS],
    responses=documented(
        *CUSTOMER_ONLY, *_BODY, ValidationFailed, WishlistNotFound, WishlistItemRefused
    ),
)
async def add_to_no_wishlist(
    uuid: str,
    call: Annotated[CustomerCall, Depends(Authenticated(wishlist_item_fields))],
    customers: CustomersDep,
) -> Response:
    """Tell that nothing can be added: to no list at all, or to one that is not the caller's."""
    await customers.current(call.claims)
    raise WishlistNotFound if uuid == edge.MISSING_ID else WishlistItemRefused


@router.post(
    _ADD_TO_SHOPPING_LIST,
    tags=[SHOPPING_LIST_ITEMS],
    responses=documented(*CUSTOMER_ONLY, *_BODY, ValidationFailed, ShoppingListNotFound),
)
async def add_to_no_shopping_list(
    call: Annotated[CustomerCall, Depends(Authenticated(shopping_list_item_fields))],
    customers: CustomersDep,
) -> Response:
    """Tell that the caller has no such list to add to."""
    return await find_none(call, customers)


@router.patch(
    _SHOPPING_LIST_ITEM,
    tags=[SHOPPING_LIST_ITEMS],
    responses=documented(*_CHANGE, *_BODY, ValidationFailed, ShoppingListNotFound),
)
async def change_no_item(
    call: Annotated[CustomerCall, Depends(Authenticated(quantity_fields))], customers: CustomersDep
) -> Response:
    """Tell that the caller has no such list to change."""
    return await find_none(call, customers)
