"""Verbs of `sessions`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.deps import Authenticated, CustomerCall, ResourceIdMissing, SessionsDep
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
from customer_api.api.v1.sessions.resource import SHAPE, TYPE, to_resource
from customer_api.customers.errors import NotWhileImpersonating
from customer_api.jsonapi import document
from customer_api.tokens.errors import SessionNotFound

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get("/sessions", responses=openapi.collection_answer(SHAPE) | documented(*CUSTOMER_ONLY))
async def list_sessions(
    call: Annotated[CustomerCall, Depends(Authenticated())], sessions: SessionsDep
) -> Response:
    """Return the caller's live sessions, the newest first."""
    logins = await sessions.logins(call.claims)
    body = document.collection(
        [to_resource(login, call.claims, call.links) for login in logins],
        call.query,
        self_link=call.links.collection(TYPE),
    )
    return JsonApiResponse(body)


@router.get(
    "/sessions/{uuid}",
    responses=openapi.single_answer(200, SHAPE) | documented(*CUSTOMER_ONLY, SessionNotFound),
)
async def read_session(
    uuid: str, call: Annotated[CustomerCall, Depends(Authenticated())], sessions: SessionsDep
) -> Response:
    """Return one live session of the caller."""
    login = await sessions.login(call.claims, uuid)
    return JsonApiResponse(document.single(to_resource(login, call.claims, call.links), call.query))


@router.delete(
    "/sessions/{uuid}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(ResourceIdMissing, *CUSTOMER_ONLY, NotWhileImpersonating, SessionNotFound),
)
async def end_session(
    uuid: str, call: Annotated[CustomerCall, Depends(Authenticated())], sessions: SessionsDep
) -> Response:
    """End a session of the caller, also the one that calls: all its tokens are refused at once."""
    await sessions.end(call.claims, uuid)
    return no_content()
