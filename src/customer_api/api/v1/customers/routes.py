"""Verbs of `customers`."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.addresses.models import BookEntry
from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.conditions import to_etag
from customer_api.api.deps import (
    AddressesDep,
    AnonymizationDep,
    Authenticated,
    CustomerCall,
    CustomersDep,
    ExpectedStateDep,
    LocaleDep,
    OnceDep,
    ProfileChangesDep,
    Public,
    PublicCall,
    RegistrationDep,
    ResourceIdMissing,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.addresses import resource as addresses
from customer_api.api.v1.customers.resource import (
    SHAPE,
    TYPE,
    change_fields,
    create_fields,
    to_change,
    to_changed_resource,
    to_resource,
    to_sign_up,
)
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY, NEW_PASSWORD, ONCE
from customer_api.core.states import StateOutdated
from customer_api.customers.errors import (
    CustomerNotFound,
    EmailTaken,
    EmailTooLong,
    NotOwner,
    PasswordsDiffer,
)
from customer_api.customers.models import Customer
from customer_api.email_change.service import ChangedProfile
from customer_api.jsonapi import document
from customer_api.jsonapi.document import Resource

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/customers",
    status_code=201,
    responses=openapi.state_answer(201, SHAPE)
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        PasswordsDiffer,
        EmailTaken,
        EmailTooLong,
        *NEW_PASSWORD,
        *ONCE,
    ),
)
async def create_customer(
    once: OnceDep,
    call: Annotated[PublicCall, Depends(Public(create_fields))],
    registration: RegistrationDep,
    locale: LocaleDep,
) -> Response:
    """Register a customer; the account works after confirmation by mail."""
    act = partial(registration.sign_up, to_sign_up(call.attributes, locale))
    render = partial(_registered, call=call)
    return await once.answer(None, act, render, owner=lambda customer: customer.id)


@router.get("/customers", responses=openapi.collection_answer(SHAPE) | documented(*CUSTOMER_ONLY))
async def list_customers(
    call: Annotated[CustomerCall, Depends(Authenticated())],
    customers: CustomersDep,
    address_book: AddressesDep,
) -> Response:
    """Return a list with one entry, the caller."""
    if addresses.TYPE in call.query.include:
        customer, book = await address_book.profile_with_book(call.claims, None)
    else:
        customer, book = await customers.current(call.claims), ()
    body = document.collection(
        [to_resource(customer, call.links, book)],
        call.query,
        self_link=call.links.collection(TYPE),
    )
    return JsonApiResponse(body)


@router.get(
    "/customers/{reference}",
    responses=openapi.state_answer(200, SHAPE) | documented(*CUSTOMER_ONLY, CustomerNotFound),
)
async def read_customer(
    reference: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    customers: CustomersDep,
    address_book: AddressesDep,
) -> Response:
    """Return the caller's profile."""
    if addresses.TYPE in call.query.include:
        customer, book = await address_book.profile_with_book(call.claims, reference)
    else:
        customer, book = await customers.profile(call.claims, reference), ()
    return _single(to_resource(customer, call.links, book), customer, call=call)


@router.patch(
    "/customers/{reference}",
    responses=openapi.state_answer(200, SHAPE)
    | documented(
        BodyInvalid,
        TypeInvalid,
        ResourceIdMissing,
        *CUSTOMER_ONLY,
        ValidationFailed,
        NotOwner,
        PasswordsDiffer,
        EmailTaken,
        EmailTooLong,
        StateOutdated,
        *ONCE,
    ),
)
async def change_customer(
    reference: str,
    *,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated(change_fields))],
    profile_changes: ProfileChangesDep,
    address_book: AddressesDep,
    expected: ExpectedStateDep,
) -> Response:
    """Change the profile; absent attributes stay, and a password is never changed here.

    Another e-mail waits for its confirmation: `data.meta.pendingEmail`.
    """
    includes_book = addresses.TYPE in call.query.include
    book = await address_book.book(call.claims, reference) if includes_book else ()
    command = to_change(call.attributes)
    change = profile_changes.change_profile
    act = partial(change, call.claims, reference, command, expected=expected)
    return await once.answer(call.claims, act, partial(_changed, call=call, book=book))


@router.delete(
    "/customers/{reference}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(ResourceIdMissing, *CUSTOMER_ONLY, NotOwner, StateOutdated),
)
async def erase_customer(
    reference: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    anonymization: AnonymizationDep,
    expected: ExpectedStateDep,
) -> Response:
    """Delete the account: personal data is anonymized for good, and the e-mail is free again."""
    await anonymization.erase_own_account(call.claims, reference, expected=expected)
    return no_content()


def _registered(customer: Customer, *, call: PublicCall) -> Response:
    return _single(to_resource(customer, call.links), customer, call=call, status=201)


def _changed(changed: ChangedProfile, *, call: CustomerCall, book: Sequence[BookEntry]) -> Response:
    resource = to_changed_resource(changed, call.links, book)
    return _single(resource, changed.customer, call=call)


def _single(
    resource: Resource, customer: Customer, *, call: PublicCall | CustomerCall, status: int = 200
) -> Response:
    body = document.single(resource, call.query)
    return JsonApiResponse(body, status_code=status, headers={"ETag": to_etag(customer.state)})
