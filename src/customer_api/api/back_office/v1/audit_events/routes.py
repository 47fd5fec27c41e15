"""Verbs of `audit-events`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.deps import AuditTrailDep, CallerCall, Operated
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.audit_events.resource import (
    ORDER,
    PARAMETERS,
    SHAPE,
    TYPE,
    search_of,
    to_resource,
)
from customer_api.api.back_office.v1.errors import CALLER_ONLY, documented
from customer_api.api.responses import JsonApiResponse
from customer_api.audit.errors import AuditEventNotFound
from customer_api.core.keyset import CursorUnknown
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_READ: Final = Operated(Scope.AUDIT_READ, TYPE)


@router.get(
    "/audit-events",
    responses=openapi.collection_answer(SHAPE)
    | documented(*CALLER_ONLY, ListInvalid, CursorUnknown),
    openapi_extra={"parameters": PARAMETERS},
)
async def list_audit_events(
    call: Annotated[CallerCall, Depends(_READ)], trail: AuditTrailDep
) -> Response:
    """Return a page of the events that are wanted, the newest first."""
    page = listing.page_in_one_order(call.query, ORDER)
    found = await trail.find(call.claims, search_of(call.query), page)
    body = document.collection(
        [to_resource(event, call.links) for event in found.entries],
        call.query,
        self_link=call.links.collection(TYPE),
        paging=listing.paging(found, ORDER, lambda event: event.uuid),
    )
    return JsonApiResponse(body)


@router.get(
    "/audit-events/{uuid}",
    responses=openapi.single_answer(200, SHAPE) | documented(*CALLER_ONLY, AuditEventNotFound),
)
async def read_audit_event(
    uuid: str, call: Annotated[CallerCall, Depends(_READ)], trail: AuditTrailDep
) -> Response:
    """Return an event."""
    event = await trail.read(call.claims, uuid)
    return JsonApiResponse(document.single(to_resource(event, call.links), call.query))
