"""Verbs of `addresses` in the back office."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.addresses.errors import AddressNotFound, CountryUnknown
from customer_api.addresses.models import BookEntry
from customer_api.api import openapi
from customer_api.api.back_office.deps import CallerCall, CustomerCareDep, CustomerOnceDep, Operated
from customer_api.api.back_office.v1.addresses.resource import (
    change_fields,
    create_fields,
    to_command,
)
from customer_api.api.back_office.v1.errors import (
    ABOUT_CUSTOMER,
    CALLER_ONLY,
    ONCE,
    WITH_BODY,
    documented,
)
from customer_api.api.conditions import to_etag
from customer_api.api.deps import ExpectedStateDep
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.addresses.resource import SHAPE, TYPE, to_resource
from customer_api.audit.models import Action
from customer_api.core.states import StateOutdated
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_READ: Final = Operated(Scope.CUSTOMERS_READ, TYPE, action=Action.ADDRESSES_READ)
_CREATED: Final = Operated(
    Scope.ADDRESSES_WRITE, TYPE, create_fields, action=Action.ADDRESS_CREATED
)
_CHANGED: Final = Operated(
    Scope.ADDRESSES_WRITE, TYPE, change_fields, action=Action.ADDRESS_CHANGED
)
_REMOVED: Final = Operated(Scope.ADDRESSES_WRITE, TYPE, action=Action.ADDRESS_REMOVED)


@router.get(
    "/customers/{reference}/addresses",
    responses=openapi.collection_answer(SHAPE) | documented(*CALLER_ONLY, *ABOUT_CUSTOMER),
)
async def list_addresses(
    reference: str, call: Annotated[CallerCall, Depends(_READ)], care: CustomerCareDep
) -> Response:
    """Return the whole address book in the order of creation."""
    book = await care.addresses.book(call.claims, reference)
    body = document.collection(
        [to_resource(entry, reference, call.links) for entry in book],
        call.query,
        self_link=call.links.collection("customers", reference, TYPE),
    )
    return JsonApiResponse(body)


@router.post(
    "/customers/{reference}/addresses",
    status_code=201,
    responses=openapi.state_answer(201, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, *ABOUT_CUSTOMER, CountryUnknown, *ONCE),
)
async def create_address(
    reference: str,
    once: CustomerOnceDep,
    call: Annotated[CallerCall, Depends(_CREATED)],
    care: CustomerCareDep,
) -> Response:
    """Add an address; the first one becomes the default for both billing and shipping."""
    act = partial(care.addresses.add, call.claims, reference, to_command(call.attributes))
    render = partial(_single, call=call, reference=reference, status=201)
    return await once.answer(call.claims, act, render)


@router.get(
    "/customers/{reference}/addresses/{uuid}",
    responses=openapi.state_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, AddressNotFound),
)
async def read_address(
    reference: str, uuid: str, call: Annotated[CallerCall, Depends(_READ)], care: CustomerCareDep
) -> Response:
    """Return one address."""
    entry = await care.addresses.entry(call.claims, reference, uuid)
    return _single(entry, call=call, reference=reference)


@router.patch(
    "/customers/{reference}/addresses/{uuid}",
    responses=openapi.state_answer(200, SHAPE)
    | documented(
        *CALLER_ONLY,
        *WITH_BODY,
        *ABOUT_CUSTOMER,
        CountryUnknown,
        AddressNotFound,
        StateOutdated,
        *ONCE,
    ),
)
async def change_address(
    reference: str,
    uuid: str,
    *,
    once: CustomerOnceDep,
    call: Annotated[CallerCall, Depends(_CHANGED)],
    care: CustomerCareDep,
    expected: ExpectedStateDep,
) -> Response:
    """Change an address; absent attributes stay."""
    change, command = care.addresses.change, to_command(call.attributes)
    act = partial(change, call.claims, reference, uuid, command, expected=expected)
    return await once.answer(call.claims, act, partial(_single, call=call, reference=reference))


@router.delete(
    "/customers/{reference}/addresses/{uuid}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, AddressNotFound, StateOutdated, *ONCE),
)
async def remove_address(
    reference: str,
    uuid: str,
    *,
    once: CustomerOnceDep,
    call: Annotated[CallerCall, Depends(_REMOVED)],
    care: CustomerCareDep,
    expected: ExpectedStateDep,
) -> Response:
    """Remove an address; a default it was stays empty until the next one is saved."""
    act = partial(care.addresses.remove, call.claims, reference, uuid, expected=expected)
    return await once.answer(call.claims, act, no_content)


def _single(
    entry: BookEntry, *, call: CallerCall, reference: str, status: int = 200
) -> JsonApiResponse:
    body = document.single(to_resource(entry, reference, call.links), call.query)
    return JsonApiResponse(body, status_code=status, headers={"ETag": to_etag(entry.state)})
