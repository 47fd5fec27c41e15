"""Verbs of `sessions` in the back office: the devices of a customer."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office.deps import CallerCall, CustomerCareDep, CustomerOnceDep, Operated
from customer_api.api.back_office.v1.errors import ABOUT_CUSTOMER, CALLER_ONLY, ONCE, documented
from customer_api.api.back_office.v1.sessions.resource import SHAPE, TYPE, to_resource
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.audit.models import Action
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope
from customer_api.tokens.errors import SessionNotFound

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_READ: Final = Operated(Scope.CUSTOMERS_READ, TYPE, action=Action.SESSIONS_READ)
_ENDED: Final = Operated(Scope.CUSTOMERS_WRITE, TYPE, action=Action.SESSIONS_ENDED)


@router.get(
    "/customers/{reference}/sessions",
    responses=openapi.collection_answer(SHAPE) | documented(*CALLER_ONLY, *ABOUT_CUSTOMER),
)
async def list_sessions(
    reference: str, call: Annotated[CallerCall, Depends(_READ)], care: CustomerCareDep
) -> Response:
    """Return the live sessions of a customer, the newest first."""
    body = document.collection(
        [
            to_resource(login, reference, call.links)
            for login in await care.sessions.logins(call.claims)
        ],
        call.query,
        self_link=call.links.collection("customers", reference, TYPE),
    )
    return JsonApiResponse(body)


@router.get(
    "/customers/{reference}/sessions/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, SessionNotFound),
)
async def read_session(
    reference: str, uuid: str, call: Annotated[CallerCall, Depends(_READ)], care: CustomerCareDep
) -> Response:
    """Return one live session of a customer."""
    login = await care.sessions.login(call.claims, uuid)
    return JsonApiResponse(document.single(to_resource(login, reference, call.links), call.query))


@router.delete(
    "/customers/{reference}/sessions",
    status_code=204,
    responses=openapi.empty_answer() | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, *ONCE),
)
async def end_sessions(
    once: CustomerOnceDep, call: Annotated[CallerCall, Depends(_ENDED)], care: CustomerCareDep
) -> Response:
    """End all sessions of a customer: all their tokens are refused at once."""
    act = partial(care.sessions.log_out_everywhere, call.claims)
    return await once.answer(call.claims, act, no_content)


@router.delete(
    "/customers/{reference}/sessions/{uuid}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, SessionNotFound, *ONCE),
)
async def end_session(
    uuid: str,
    once: CustomerOnceDep,
    call: Annotated[CallerCall, Depends(_ENDED)],
    care: CustomerCareDep,
) -> Response:
    """End one session of a customer."""
    act = partial(care.sessions.end, call.claims, uuid)
    return await once.answer(call.claims, act, no_content)
