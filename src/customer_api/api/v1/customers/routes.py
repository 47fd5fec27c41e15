"""Verbs of `customers`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.conditions import to_etag
from customer_api.api.deps import (
    AnonymizationDep,
    Authenticated,
    CustomerCall,
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
from customer_api.api.sections import AccountsDep
from customer_api.api.v1.customers.related import NOTHING, sections_of, to_related
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
from customer_api.profiles.account import Sections
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

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
        TooManyRequests,
        *NEW_PASSWORD,
        *ONCE,
    ),
)
async def create_customer(
    once: OnceDep,
    call: Annotated[PublicCall, Depends(Public(create_fields, limit=Kind.REGISTRATIONS))],
    registration: RegistrationDep,
    locale: LocaleDep,
) -> Response:
    """Register a customer; the account works after confirmation by mail."""
    act = partial(registration.sign_up, to_sign_up(call.attributes, locale))
    render = partial(_single, call=call, status=201)
    return await once.answer(None, act, render, owner=lambda customer: customer.id)


@router.get("/customers", responses=openapi.collection_answer(SHAPE) | documented(*CUSTOMER_ONLY))
async def list_customers(
    call: Annotated[CustomerCall, Depends(Authenticated())],
    accounts: AccountsDep,
) -> Response:
    """Return a list with one entry, the caller."""
    account = await accounts.account(call.claims, None, sections_of(call.query))
    related = to_related(account.customer.reference, account.sections, call.links)
    body = document.collection(
        [to_resource(account.customer, call.links, related)],
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
    accounts: AccountsDep,
) -> Response:
    """Return the caller's profile; `include` takes `addresses` and `orders`, of these the 100 newest."""
    account = await accounts.account(call.claims, reference, sections_of(call.query))
    return _single(account.customer, call=call, sections=account.sections)


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
    accounts: AccountsDep,
    expected: ExpectedStateDep,
) -> Response:
    """Change the profile; absent attributes stay, and a password is never changed here.

    Another e-mail waits for its confirmation: `data.meta.pendingEmail`.
    """
    wanted = sections_of(call.query)
    sections = await accounts.sections(call.claims, reference, wanted) if wanted else NOTHING
    command = to_change(call.attributes)
    change = profile_changes.change_profile
    act = partial(change, call.claims, reference, command, expected=expected)
    return await once.answer(call.claims, act, partial(_changed, call=call, sections=sections))


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


def _single(
    customer: Customer,
    *,
    call: PublicCall | CustomerCall,
    sections: Sections = NOTHING,
    status: int = 200,
) -> JsonApiResponse:
    related = to_related(customer.reference, sections, call.links)
    body = document.single(to_resource(customer, call.links, related), call.query)
    return JsonApiResponse(body, status_code=status, headers={"ETag": to_etag(customer.state)})


def _changed(changed: ChangedProfile, *, call: CustomerCall, sections: Sections) -> JsonApiResponse:
    related = to_related(changed.customer.reference, sections, call.links)
    body = document.single(to_changed_resource(changed, call.links, related), call.query)
    return JsonApiResponse(body, headers={"ETag": to_etag(changed.customer.state)})
