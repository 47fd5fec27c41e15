"""Verbs of `customers` in the back office, and of their locks and mails."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.addresses.directory import ListedCustomer
from customer_api.addresses.errors import AddressNotFound
from customer_api.api import openapi
from customer_api.api.back_office.deps import (
    CallerCall,
    CustomerCareDep,
    CustomerOnceDep,
    OnceDep,
    Operated,
)
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.customers import criteria
from customer_api.api.back_office.v1.customers.resource import (
    LOCK_SHAPE,
    LOCK_TYPE,
    RELATED,
    SHAPE,
    TYPE,
    change_fields,
    create_fields,
    lock_fields,
    to_change,
    to_create,
    to_lock,
    to_meta,
    to_profile,
    to_resource,
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
from customer_api.api.responses import JsonApiResponse, accepted, no_content
from customer_api.api.v1.addresses import resource as addresses
from customer_api.audit.models import Action
from customer_api.core.keyset import CursorUnknown
from customer_api.core.states import StateOutdated
from customer_api.customers.errors import EmailTaken, LocaleUnknown
from customer_api.customers.models import Customer
from customer_api.email_change.customer_changes import ChangedCustomer
from customer_api.email_change.errors import EmailLocked
from customer_api.jsonapi import document
from customer_api.jsonapi.document import Resource
from customer_api.operators.scopes import Scope
from customer_api.registration.errors import AlreadyConfirmed
from customer_api.security.rate_limit import TooManyRequests
from customer_api.tokens.locks import LockChange

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_LISTED: Final = Operated(
    Scope.CUSTOMERS_READ, TYPE, action=Action.CUSTOMERS_LISTED, noted=criteria.NOTED
)
_CREATED: Final = Operated(Scope.CUSTOMERS_WRITE, TYPE, create_fields)
_READ: Final = Operated(
    Scope.CUSTOMERS_READ, TYPE, action=Action.CUSTOMER_READ, included=(addresses.TYPE, *RELATED)
)
_CHANGED: Final = Operated(
    Scope.CUSTOMERS_WRITE, TYPE, change_fields, action=Action.CUSTOMER_CHANGED
)
_LOCKED: Final = Operated(
    Scope.CUSTOMERS_WRITE, LOCK_TYPE, lock_fields, action=Action.CUSTOMER_LOCKED
)
_UNLOCKED: Final = Operated(Scope.CUSTOMERS_WRITE, LOCK_TYPE, action=Action.CUSTOMER_UNLOCKED)
_RESTORE_MAILED: Final = Operated(
    Scope.CUSTOMERS_WRITE, TYPE, action=Action.CUSTOMER_RESTORE_MAILED
)
_CONFIRMATION_MAILED: Final = Operated(
    Scope.CUSTOMERS_WRITE, TYPE, action=Action.CUSTOMER_CONFIRMATION_MAILED
)


@router.get(
    "/customers",
    responses=openapi.collection_answer(SHAPE)
    | documented(*CALLER_ONLY, ListInvalid, CursorUnknown),
    openapi_extra={"parameters": criteria.PARAMETERS},
)
async def list_customers(
    call: Annotated[CallerCall, Depends(_LISTED)], care: CustomerCareDep
) -> Response:
    """Return a page of the customers that are wanted; a created one is found at once."""
    search, page = criteria.search_of(call.query), criteria.page_of(call.query)
    counting = criteria.counting_of(call.query)
    found = await care.directory.find(call.claims, search, page, counting)
    body = document.collection(
        [to_resource(listed, call.links) for listed in found.entries],
        call.query,
        self_link=call.links.collection(TYPE),
        paging=criteria.paging(found, page),
        meta=to_meta(found),
    )
    return JsonApiResponse(body)


@router.post(
    "/customers",
    status_code=201,
    responses=openapi.state_answer(201, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, LocaleUnknown, EmailTaken, *ONCE),
)
async def create_customer(
    once: OnceDep, call: Annotated[CallerCall, Depends(_CREATED)], care: CustomerCareDep
) -> Response:
    """Open an account without a password; the customer confirms it by one of the mails."""
    act = partial(care.creation.create, call.claims, to_create(call.attributes))
    render = partial(_created, call=call)
    return await once.answer(call.claims, act, render, owner=lambda customer: customer.id)


@router.get(
    "/customers/{reference}",
    responses=openapi.state_answer(200, SHAPE) | documented(*CALLER_ONLY, *ABOUT_CUSTOMER),
)
async def read_customer(
    call: Annotated[CallerCall, Depends(_READ)], care: CustomerCareDep
) -> Response:
    """Return a customer, also an anonymized one, with what is included.

    `include` takes `addresses`, `notes`, `groups` and `orders`, of notes and orders the 100 newest; but
    for `addresses` it takes the scope to read them, too.
    """
    related = {RELATED[name] for name in call.query.include if name in RELATED}
    profile = await care.profiles.profile(call.claims, related)
    return _document(to_profile(profile, call.links), profile.customer, call=call)


@router.patch(
    "/customers/{reference}",
    responses=openapi.state_answer(200, SHAPE)
    | documented(
        *CALLER_ONLY,
        *WITH_BODY,
        *ABOUT_CUSTOMER,
        LocaleUnknown,
        EmailLocked,
        EmailTaken,
        AddressNotFound,
        StateOutdated,
        *ONCE,
    ),
)
async def change_customer(
    once: CustomerOnceDep,
    call: Annotated[CallerCall, Depends(_CHANGED)],
    care: CustomerCareDep,
    expected: ExpectedStateDep,
) -> Response:
    """Change a customer: absent attributes stay, null empties; `email` takes a scope of its own."""
    command = to_change(call.attributes)
    act = partial(care.changes.change, call.claims, command, expected=expected)
    return await once.answer(call.claims, act, partial(_changed, call=call))


@router.put(
    "/customers/{reference}/lock",
    responses=openapi.single_answer(200, LOCK_SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, *ABOUT_CUSTOMER, *ONCE),
)
async def lock_customer(
    once: CustomerOnceDep, call: Annotated[CallerCall, Depends(_LOCKED)], care: CustomerCareDep
) -> Response:
    """Lock a customer out: all sessions end at once, and no login works."""
    act = partial(care.locks.lock, call.claims, call.attributes["reason"])
    return await once.answer(call.claims, act, partial(_lock, call=call))


@router.delete(
    "/customers/{reference}/lock",
    status_code=204,
    responses=openapi.empty_answer() | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, *ONCE),
)
async def unlock_customer(
    once: CustomerOnceDep, call: Annotated[CallerCall, Depends(_UNLOCKED)], care: CustomerCareDep
) -> Response:
    """Let a customer log in again."""
    act = partial(care.locks.unlock, call.claims)
    return await once.answer(call.claims, act, no_content)


@router.post(
    "/customers/{reference}/password-restore-mails",
    status_code=202,
    responses=openapi.accepted_answer()
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, TooManyRequests, *ONCE),
)
async def mail_restore(
    once: CustomerOnceDep,
    call: Annotated[CallerCall, Depends(_RESTORE_MAILED)],
    care: CustomerCareDep,
) -> Response:
    """Mail the customer a key for a new password; the present one stays until it is used."""
    return await once.answer(call.claims, partial(care.restore_mails.send, call.claims), accepted)


@router.post(
    "/customers/{reference}/confirmation-mails",
    status_code=202,
    responses=openapi.accepted_answer()
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, AlreadyConfirmed, TooManyRequests, *ONCE),
)
async def mail_confirmation(
    once: CustomerOnceDep,
    call: Annotated[CallerCall, Depends(_CONFIRMATION_MAILED)],
    care: CustomerCareDep,
) -> Response:
    """Mail the customer a key that confirms the account; a password of before is not trusted."""
    act = partial(care.confirmation_mails.send, call.claims)
    return await once.answer(call.claims, act, accepted)


def _created(customer: Customer, *, call: CallerCall) -> JsonApiResponse:
    resource = to_resource(ListedCustomer(customer, None, None), call.links)
    return _document(resource, customer, call=call, status=201)


def _changed(change: ChangedCustomer, *, call: CallerCall) -> JsonApiResponse:
    listed = change.listed
    return _document(to_resource(listed, call.links), listed.customer, call=call)


def _lock(change: LockChange, *, call: CallerCall) -> JsonApiResponse:
    return JsonApiResponse(document.single(to_lock(change.customer, call.links), call.query))


def _document(
    resource: Resource, customer: Customer, *, call: CallerCall, status: int = 200
) -> JsonApiResponse:
    headers = {"ETag": to_etag(customer.state)}
    return JsonApiResponse(
        document.single(resource, call.query), status_code=status, headers=headers
    )
