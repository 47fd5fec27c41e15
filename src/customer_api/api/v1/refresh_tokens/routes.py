"""Verbs of `refresh-tokens`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.agents import RefreshesDep
from customer_api.api.body import BodyInvalid, TypeInvalid
from customer_api.api.deps import (
    Authenticated,
    CustomerCall,
    Public,
    PublicCall,
    ResourceIdMissing,
    SessionsDep,
    ValidationFailed,
)
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.access_tokens.resource import to_resource
from customer_api.api.v1.errors import documented
from customer_api.api.v1.refresh_tokens.resource import ALL_OF_MINE, SHAPE, TYPE, refresh_fields
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
from customer_api.core.errors import Unavailable
from customer_api.jsonapi import document
from customer_api.security.counters import Kind
from customer_api.security.rate_limit import TooManyRequests
from customer_api.security.refresh_tokens import RefreshFailed

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.post(
    "/refresh-tokens",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(
        BodyInvalid, TypeInvalid, ValidationFailed, RefreshFailed, TooManyRequests, Unavailable
    ),
)
async def refresh(
    call: Annotated[PublicCall, Depends(Public(refresh_fields, limit=Kind.REFRESHES))],
    refreshes: RefreshesDep,
) -> Response:
    """Exchange a refresh token for its successor and a fresh access token."""
    pair = await refreshes.refresh(call.attributes["refreshToken"])
    body = document.single(to_resource(pair, TYPE, call.links), call.query)
    return JsonApiResponse(body, status_code=201)


@router.delete(
    "/refresh-tokens/{token}",
    status_code=204,
    responses=openapi.empty_answer() | documented(ResourceIdMissing, *CUSTOMER_ONLY),
)
async def revoke(
    token: str, call: Annotated[CustomerCall, Depends(Authenticated())], sessions: SessionsDep
) -> Response:
    """Log out: end the session of a refresh token, or with `mine` all sessions of the caller."""
    if token == ALL_OF_MINE:
        await sessions.log_out_everywhere(call.claims)
    else:
        await sessions.log_out(call.claims, token)
    return no_content()
