"""Verbs of `newsletter-subscriptions`: of guests by address, of customers by their own."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import (
    Authenticated,
    ContainerDep,
    CustomerCall,
    LocaleDep,
    OnceDep,
    Public,
    PublicCall,
    ResourceIdMissing,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse, accepted, no_content
from customer_api.api.v1.errors import documented
from customer_api.api.v1.newsletter_subscriptions.resource import (
    SHAPE,
    TYPE,
    customer_fields,
    guest_fields,
    to_command,
    to_resource,
)
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY, ONCE
from customer_api.core.errors import Unavailable
from customer_api.customers.errors import MailboxUnproven, NotOwner, NotWhileImpersonating
from customer_api.jsonapi import document
from customer_api.newsletter.errors import SubscriptionNotFound, TextUnknown, TypeNotFound
from customer_api.newsletter.models import NamedSubscription
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_GUEST: Final = Public(guest_fields, limit=Kind.NEWSLETTER_REQUESTS)


@router.post(
    "/newsletter-subscriptions",
    status_code=202,
    responses=openapi.accepted_answer()
    | documented(
        BodyInvalid,
        TypeInvalid,
        ValidationFailed,
        TooManyRequests,
        TypeNotFound,
        TextUnknown,
        Unavailable,
    ),
)
async def ask_for_newsletter(
    call: Annotated[PublicCall, Depends(_GUEST)], container: ContainerDep, locale: LocaleDep
) -> Response:
    """Mail a key that confirms a newsletter; the answer is the same whether it is subscribed or not."""
    await container.newsletters.ask(call.attributes["email"], to_command(call.attributes, locale))
    return accepted()


@router.get(
    "/customers/{reference}/newsletter-subscriptions",
    responses=openapi.collection_answer(SHAPE) | documented(*CUSTOMER_ONLY, NotOwner),
)
async def list_newsletter_subscriptions(
    reference: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    container: ContainerDep,
) -> Response:
    """Return the customer's subscriptions, ended ones too, by the names of the newsletters."""
    found = await container.newsletters.list_own(call.claims, reference)
    body = document.collection(
        [to_resource(named, reference, call.links) for named in found],
        call.query,
        self_link=call.links.collection("customers", reference, TYPE),
    )
    return JsonApiResponse(body)


@router.post(
    "/customers/{reference}/newsletter-subscriptions",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(
        BodyInvalid,
        TypeInvalid,
        *CUSTOMER_ONLY,
        ValidationFailed,
        NotOwner,
        NotWhileImpersonating,
        MailboxUnproven,
        TypeNotFound,
        TextUnknown,
        *ONCE,
    ),
)
async def subscribe_to_newsletter(
    reference: str,
    *,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated(customer_fields))],
    container: ContainerDep,
    locale: LocaleDep,
) -> Response:
    """Mail the customer a key that confirms a newsletter; until then it is `pending`."""
    command = to_command(call.attributes, locale)
    act = partial(container.newsletters.subscribe, call.claims, reference, command)
    render = partial(_single, call=call, reference=reference, status=201)
    return await once.answer(call.claims, act, render)


@router.get(
    "/customers/{reference}/newsletter-subscriptions/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
    | documented(*CUSTOMER_ONLY, NotOwner, SubscriptionNotFound),
)
async def read_newsletter_subscription(
    reference: str,
    uuid: str,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    container: ContainerDep,
) -> Response:
    """Return one of the customer's subscriptions, an ended one too."""
    named = await container.newsletters.read_own(call.claims, reference, uuid)
    return _single(named, call=call, reference=reference, status=200)


@router.delete(
    "/customers/{reference}/newsletter-subscriptions/{uuid}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(ResourceIdMissing, *CUSTOMER_ONLY, NotOwner, SubscriptionNotFound, *ONCE),
)
async def end_newsletter_subscription(
    reference: str,
    uuid: str,
    once: OnceDep,
    call: Annotated[CustomerCall, Depends(Authenticated())],
    container: ContainerDep,
) -> Response:
    """End a subscription; the proof of consent is kept for a while."""
    act = partial(container.newsletters.end_own, call.claims, reference, uuid)
    return await once.answer(call.claims, act, no_content)


def _single(
    named: NamedSubscription, *, call: CustomerCall, reference: str, status: int
) -> Response:
    body = document.single(to_resource(named, reference, call.links), call.query)
    return JsonApiResponse(body, status_code=status)
