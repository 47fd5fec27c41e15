"""Verbs of `event-subscriptions`: the receivers of events."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.deps import CallerCall, EventAccessDep, OnceDep, Operated
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.errors import CALLER_ONLY, ONCE, WITH_BODY, documented
from customer_api.api.back_office.v1.event_subscriptions.resource import (
    ORDER,
    REPLAY_TYPE,
    RETRY_TYPE,
    SECRET_TYPE,
    SHAPE,
    TYPE,
    UNDELIVERED_SHAPE,
    UNDELIVERED_TYPE,
    change_fields,
    create_fields,
    replay_fields,
    to_change,
    to_create,
    to_resource,
    to_undelivered,
    with_secret,
)
from customer_api.api.back_office.v1.events.resource import place_of
from customer_api.api.responses import JsonApiResponse, accepted, no_content
from customer_api.core.keyset import CursorUnknown
from customer_api.events.errors import (
    EventsPurged,
    PlaceInvalid,
    ReceiverUrlInvalid,
    SubscriptionNotFound,
    UndeliveredNotFound,
)
from customer_api.events.subscriptions import Progress
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_MANAGED: Final = Operated(Scope.EVENTS_WRITE, TYPE)


@router.get(
    "/event-subscriptions", responses=openapi.collection_answer(SHAPE) | documented(*CALLER_ONLY)
)
async def list_event_subscriptions(
    call: Annotated[CallerCall, Depends(_MANAGED)], events: EventAccessDep
) -> Response:
    """Return all receivers, the oldest first, and how far each of them is."""
    found = await events.list_all(call.claims)
    body = document.collection(
        [to_resource(progress, call.links) for progress in found],
        call.query,
        self_link=call.links.collection(TYPE),
    )
    return JsonApiResponse(body)


@router.post(
    "/event-subscriptions",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, ReceiverUrlInvalid),
)
async def create_event_subscription(
    call: Annotated[CallerCall, Depends(Operated(Scope.EVENTS_WRITE, TYPE, create_fields))],
    events: EventAccessDep,
) -> Response:
    """Add a receiver of what happens from now on; `meta.signingSecret` is shown this once."""
    created = await events.create(call.claims, to_create(call.attributes))
    body = document.single(with_secret(created, call.links), call.query)
    return JsonApiResponse(body, status_code=201)


@router.get(
    "/event-subscriptions/{uuid}",
    responses=openapi.single_answer(200, SHAPE) | documented(*CALLER_ONLY, SubscriptionNotFound),
)
async def read_event_subscription(
    uuid: str, call: Annotated[CallerCall, Depends(_MANAGED)], events: EventAccessDep
) -> Response:
    """Return a receiver, and how far it is."""
    return _single(await events.read(call.claims, uuid), call=call)


@router.patch(
    "/event-subscriptions/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, SubscriptionNotFound, ReceiverUrlInvalid, *ONCE),
)
async def change_event_subscription(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(Operated(Scope.EVENTS_WRITE, TYPE, change_fields))],
    events: EventAccessDep,
) -> Response:
    """Change a receiver, and try it at once if it was paused."""
    act = partial(events.change, call.claims, uuid, to_change(call.attributes))
    return await once.answer(call.claims, act, partial(_single, call=call))


@router.delete(
    "/event-subscriptions/{uuid}",
    status_code=204,
    responses=openapi.empty_answer() | documented(*CALLER_ONLY, SubscriptionNotFound, *ONCE),
)
async def remove_event_subscription(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_MANAGED)],
    events: EventAccessDep,
) -> Response:
    """Remove a receiver; it is told of nothing any more."""
    return await once.answer(call.claims, partial(events.remove, call.claims, uuid), no_content)


@router.post(
    "/event-subscriptions/{uuid}/secrets",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE) | documented(*CALLER_ONLY, SubscriptionNotFound),
)
async def rotate_signing_secret(
    uuid: str,
    call: Annotated[CallerCall, Depends(Operated(Scope.EVENTS_WRITE, SECRET_TYPE))],
    events: EventAccessDep,
) -> Response:
    """Give a receiver another secret; events are signed with both until `oldSecretExpiresAt`."""
    rotated = await events.rotate(call.claims, uuid)
    body = document.single(with_secret(rotated, call.links), call.query)
    return JsonApiResponse(body, status_code=201)


@router.post(
    "/event-subscriptions/{uuid}/replays",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, SubscriptionNotFound, PlaceInvalid, EventsPurged, *ONCE),
)
async def replay_events(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(Operated(Scope.EVENTS_WRITE, REPLAY_TYPE, replay_fields))],
    events: EventAccessDep,
) -> Response:
    """Let a receiver go on behind a place; without `after` behind the last event.

    What it lacked before is forgotten.
    """
    act = partial(events.replay, call.claims, uuid, place_of(call.attributes.get("after")))
    return await once.answer(call.claims, act, partial(_single, call=call, status=201))


@router.post(
    "/event-subscriptions/{uuid}/retries",
    status_code=202,
    responses=openapi.accepted_answer() | documented(*CALLER_ONLY, SubscriptionNotFound, *ONCE),
)
async def retry_events(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(Operated(Scope.EVENTS_WRITE, RETRY_TYPE))],
    events: EventAccessDep,
) -> Response:
    """Let a receiver be tried at once with everything that it lacks, parked or not."""
    return await once.answer(call.claims, partial(events.retry, call.claims, uuid), accepted)


@router.get(
    "/event-subscriptions/{uuid}/undelivered-events",
    responses=openapi.collection_answer(UNDELIVERED_SHAPE)
    | documented(*CALLER_ONLY, SubscriptionNotFound, ListInvalid, CursorUnknown),
    openapi_extra={"parameters": listing.parameters()},
)
async def list_undelivered_events(
    uuid: str,
    call: Annotated[CallerCall, Depends(Operated(Scope.EVENTS_WRITE, UNDELIVERED_TYPE))],
    events: EventAccessDep,
) -> Response:
    """Return a page of what a receiver lacks behind its position, the oldest first."""
    page = listing.plain_page(call.query, ORDER)
    found = await events.list_undelivered(call.claims, uuid, page)
    body = document.collection(
        [to_undelivered(it, uuid, call.links) for it in found.entries],
        call.query,
        self_link=call.links.collection(TYPE, uuid, UNDELIVERED_TYPE),
        paging=listing.paging(found, ORDER, lambda it: it.event.uuid),
    )
    return JsonApiResponse(body)


@router.delete(
    "/event-subscriptions/{uuid}/undelivered-events/{event}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(*CALLER_ONLY, SubscriptionNotFound, UndeliveredNotFound, *ONCE),
)
async def give_event_up(
    uuid: str,
    event: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(Operated(Scope.EVENTS_WRITE, UNDELIVERED_TYPE))],
    events: EventAccessDep,
) -> Response:
    """Never tell a receiver of an event that it lacks; what waits behind it goes on."""
    act = partial(events.give_up, call.claims, uuid, event)
    return await once.answer(call.claims, act, no_content)


def _single(progress: Progress, *, call: CallerCall, status: int = 200) -> JsonApiResponse:
    body = document.single(to_resource(progress, call.links), call.query)
    return JsonApiResponse(body, status_code=status)
