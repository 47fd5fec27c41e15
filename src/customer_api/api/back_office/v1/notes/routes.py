"""Verbs of `notes`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.deps import CallerCall, CustomerCareDep, CustomerOnceDep, Operated
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.errors import (
    ABOUT_CUSTOMER,
    CALLER_ONLY,
    ONCE,
    WITH_BODY,
    documented,
)
from customer_api.api.back_office.v1.notes.resource import (
    BODY_LIMIT_BYTES,
    ORDER,
    SHAPE,
    TYPE,
    create_fields,
    to_resource,
)
from customer_api.api.responses import JsonApiResponse
from customer_api.audit.models import Action
from customer_api.core.keyset import CursorUnknown
from customer_api.jsonapi import document
from customer_api.notes.errors import NoteNotFound
from customer_api.notes.models import Note
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_READ: Final = Operated(Scope.NOTES_READ, TYPE, action=Action.NOTES_READ)
_CREATED: Final = Operated(
    Scope.NOTES_WRITE,
    TYPE,
    create_fields,
    action=Action.NOTE_CREATED,
    body_limit_bytes=BODY_LIMIT_BYTES,
)


@router.get(
    "/customers/{reference}/notes",
    responses=openapi.collection_answer(SHAPE)
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, ListInvalid, CursorUnknown),
    openapi_extra={"parameters": listing.parameters()},
)
async def list_notes(
    reference: str, call: Annotated[CallerCall, Depends(_READ)], care: CustomerCareDep
) -> Response:
    """Return a page of the notes about a customer, the newest first."""
    found = await care.notes.list_page(call.claims, listing.plain_page(call.query, ORDER))
    body = document.collection(
        [to_resource(note, reference, call.links) for note in found.entries],
        call.query,
        self_link=call.links.collection("customers", reference, TYPE),
        paging=listing.paging(found, ORDER, lambda note: note.uuid),
    )
    return JsonApiResponse(body)


@router.post(
    "/customers/{reference}/notes",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, *ABOUT_CUSTOMER, *ONCE),
)
async def create_note(
    reference: str,
    once: CustomerOnceDep,
    call: Annotated[CallerCall, Depends(_CREATED)],
    care: CustomerCareDep,
) -> Response:
    """Add a note in the name of the caller; nobody changes it, only an erasure empties it."""
    act = partial(care.notes.add, call.claims, call.attributes["text"])
    render = partial(_single, call=call, reference=reference, status=201)
    return await once.answer(call.claims, act, render)


@router.get(
    "/customers/{reference}/notes/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, NoteNotFound),
)
async def read_note(
    reference: str, uuid: str, call: Annotated[CallerCall, Depends(_READ)], care: CustomerCareDep
) -> Response:
    """Return one note about a customer."""
    note = await care.notes.note(call.claims, uuid)
    return _single(note, call=call, reference=reference)


def _single(note: Note, *, call: CallerCall, reference: str, status: int = 200) -> JsonApiResponse:
    body = document.single(to_resource(note, reference, call.links), call.query)
    return JsonApiResponse(body, status_code=status)
