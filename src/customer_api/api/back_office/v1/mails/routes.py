"""Verbs of `mails`: the outbox."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.deps import CallerCall, OnceDep, Operated, OutboxAccessDep
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.errors import CALLER_ONLY, ONCE, documented
from customer_api.api.back_office.v1.mails.resource import (
    ORDER,
    PARAMETERS,
    SHAPE,
    TYPE,
    search_of,
    to_resource,
)
from customer_api.api.responses import JsonApiResponse, accepted
from customer_api.core.keyset import CursorUnknown
from customer_api.jsonapi import document
from customer_api.mail.errors import MailNotFound, MailNotRetriable
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_READ: Final = Operated(Scope.OUTBOX_READ, TYPE)
# Who may mail a customer a key may also let a mail go out that was meant for them.
_RETRIED: Final = Operated(Scope.CUSTOMERS_WRITE, TYPE)


@router.get(
    "/mails",
    responses=openapi.collection_answer(SHAPE)
    | documented(*CALLER_ONLY, ListInvalid, CursorUnknown),
    openapi_extra={"parameters": PARAMETERS},
)
async def list_mails(
    call: Annotated[CallerCall, Depends(_READ)], outbox: OutboxAccessDep
) -> Response:
    """Return a page of the mails that are wanted, the one that was queued last first."""
    page = listing.page_in_one_order(call.query, ORDER)
    found = await outbox.find(call.claims, search_of(call.query), page)
    body = document.collection(
        [to_resource(mail, call.links) for mail in found.entries],
        call.query,
        self_link=call.links.collection(TYPE),
        paging=listing.paging(found, ORDER, lambda mail: mail.uuid),
    )
    return JsonApiResponse(body)


@router.get(
    "/mails/{uuid}",
    responses=openapi.single_answer(200, SHAPE) | documented(*CALLER_ONLY, MailNotFound),
)
async def read_mail(
    uuid: str, call: Annotated[CallerCall, Depends(_READ)], outbox: OutboxAccessDep
) -> Response:
    """Return how far a mail is."""
    mail = await outbox.read(call.claims, uuid)
    return JsonApiResponse(document.single(to_resource(mail, call.links), call.query))


@router.post(
    "/mails/{uuid}/retries",
    status_code=202,
    responses=openapi.accepted_answer()
    | documented(*CALLER_ONLY, MailNotFound, MailNotRetriable, *ONCE),
)
async def retry_mail(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_RETRIED)],
    outbox: OutboxAccessDep,
) -> Response:
    """Let a parked mail be tried again at once, as often as a new one."""
    return await once.answer(call.claims, partial(outbox.retry, call.claims, uuid), accepted)
