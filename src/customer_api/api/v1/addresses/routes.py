"""Verbs of `addresses`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.addresses.errors import AddressNotFound
from customer_api.addresses.models import BookEntry
from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.conditions import to_etag
from customer_api.api.deps import (
    AddressesDep,
    Authenticated,
    CustomerCall,
    ExpectedStateDep,
    OnceDep,
    ResourceIdMissing,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.addresses.resource import (
    SHAPE,
    TYPE,
    change_fields,
    create_fields,
    to_command,
    to_resource,
)
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY, ONCE
from customer_api.core.states import StateOutdated
from customer_api.customers.errors import NotOwner
from customer_api.jsonapi import document

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get(
    "/customers/{reference}/addresses",
    responses=openapi.collection_answer(SHAPE) | documented(*CUSTOMER_ONLY, NotOwner),
)
async def list_addresses(
    reference: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    addresses: AddressesDep,
) -> Response:
    """Return the whole address book in the order of creation."""
    book = await addresses.book(call.claims, reference)
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
    | documented(BodyInvalid, TypeInvalid, *CUSTOMER_ONLY, ValidationFailed, NotOwner, *ONCE),
)
async def create_address(
    reference: str,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated(create_fields))],
    addresses: AddressesDep,
) -> Response:
    """Add an address; the first one becomes the default for both billing and shipping."""
    act = partial(addresses.add, call.claims, reference, to_command(call.attributes))
    render = partial(_single, call=call, reference=reference, status=201)
    return await once.answer(call.claims, act, render)


@router.get(
    "/customers/{reference}/addresses/{uuid}",
    responses=openapi.state_answer(200, SHAPE)
    | documented(*CUSTOMER_ONLY, NotOwner, AddressNotFound),
)
async def read_address(
    reference: str,
    uuid: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    addresses: AddressesDep,
) -> Response:
    """Return one address."""
    entry = await addresses.entry(call.claims, reference, uuid)
    return _single(entry, call=call, reference=reference)


@router.patch(
    "/customers/{reference}/addresses/{uuid}",
    responses=openapi.state_answer(200, SHAPE)
    | documented(
        BodyInvalid,
        TypeInvalid,
        ResourceIdMissing,
        *CUSTOMER_ONLY,
        ValidationFailed,
        NotOwner,
        AddressNotFound,
        StateOutdated,
        *ONCE,
    ),
)
async def change_address(
    reference: str,
    uuid: str,
    *,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated(change_fields))],
    addresses: AddressesDep,
    expected: ExpectedStateDep,
) -> Response:
    """Change an address; absent attributes stay."""
    command = to_command(call.attributes)
    act = partial(addresses.change, call.claims, reference, uuid, command, expected=expected)
    return await once.answer(call.claims, act, partial(_single, call=call, reference=reference))


@router.delete(
    "/customers/{reference}/addresses/{uuid}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(
        ResourceIdMissing, *CUSTOMER_ONLY, NotOwner, AddressNotFound, StateOutdated, *ONCE
    ),
)
async def remove_address(
    reference: str,
    uuid: str,
    *,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    addresses: AddressesDep,
    expected: ExpectedStateDep,
) -> Response:
    """Remove an address; a default it was stays empty until the next one is saved."""
    act = partial(addresses.remove, call.claims, reference, uuid, expected=expected)
    return await once.answer(call.claims, act, no_content)


def _single(
    entry: BookEntry, *, call: CustomerCall, reference: str, status: int = 200
) -> JsonApiResponse:
    body = document.single(to_resource(entry, reference, call.links), call.query)
    return JsonApiResponse(body, status_code=status, headers={"ETag": to_etag(entry.state)})
