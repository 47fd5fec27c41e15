"""Verbs of `events`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office.deps import CallerCall, EventAccessDep, Operated
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.errors import CALLER_ONLY, documented
from customer_api.api.back_office.v1.events.resource import (
    AFTER,
    PARAMETERS,
    SHAPE,
    TYPE,
    LogPaging,
    place_of,
    size_of,
    to_resource,
    types_of,
)
from customer_api.api.responses import JsonApiResponse
from customer_api.events.cloud_events import sequence_text
from customer_api.events.errors import EventsPurged, PlaceInvalid
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get(
    "/events",
    responses=openapi.collection_answer(SHAPE)
    | documented(*CALLER_ONLY, ListInvalid, PlaceInvalid, EventsPurged),
    openapi_extra={"parameters": PARAMETERS},
)
async def read_events(
    call: Annotated[CallerCall, Depends(Operated(Scope.EVENTS_READ, TYPE))], events: EventAccessDep
) -> Response:
    """Return the next events behind a place, the oldest first; `links.next` goes on from there."""
    after = place_of(call.query.parameters.get(AFTER))
    found, place = await events.read_log(
        call.claims, after, most=size_of(call.query), types=types_of(call.query)
    )
    cursor = sequence_text(place)
    body = document.collection(
        [to_resource(event, call.links) for event in found],
        call.query,
        self_link=call.links.collection(TYPE),
        paging=LogPaging(cursor),
        meta={"cursor": cursor},
    )
    return JsonApiResponse(body)
