"""Verbs of `addresses`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.addresses.errors import AddressNotFound
from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import (
    AddressesDep,
    Authenticated,
    CustomerCall,
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
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
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
    responses=openapi.single_answer(201, SHAPE)
    | documented(BodyInvalid, TypeInvalid, *CUSTOMER_ONLY, ValidationFailed, NotOwner),
)
async def create_address(
    reference: str,
    call: Annotated[CustomerCall, Depends(Authenticated(create_fields))],
    addresses: AddressesDep,
) -> Response:
    """Add an address; the first one becomes the default for both billing and shipping."""
    entry = await addresses.add(call.claims, reference, to_command(call.attributes))
    body = document.single(to_resource(entry, reference, call.links), call.query)
    return JsonApiResponse(body, status_code=201)


@router.get(
    "/customers/{reference}/addresses/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
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
    return JsonApiResponse(document.single(to_resource(entry, reference, call.links), call.query))


@router.patch(
    "/customers/{reference}/addresses/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
    | documented(
        BodyInvalid,
        TypeInvalid,
        ResourceIdMissing,
        *CUSTOMER_ONLY,
        ValidationFailed,
        NotOwner,
        AddressNotFound,
    ),
)
async def change_address(
    reference: str,
    uuid: str,
    call: Annotated[CustomerCall, Depends(Authenticated(change_fields))],
    addresses: AddressesDep,
) -> Response:
    """Change an address; absent attributes stay."""
    entry = await addresses.change(call.claims, reference, uuid, to_command(call.attributes))
    return JsonApiResponse(document.single(to_resource(entry, reference, call.links), call.query))


@router.delete(
    "/customers/{reference}/addresses/{uuid}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(ResourceIdMissing, *CUSTOMER_ONLY, NotOwner, AddressNotFound),
)
async def remove_address(
    reference: str,
    uuid: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    addresses: AddressesDep,
) -> Response:
    """Remove an address; a default it was stays empty until the next one is saved."""
    await addresses.remove(call.claims, reference, uuid)
    return no_content()
