"""Verbs of `clients`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office.deps import ApiClientsDep, CallerCall, OnceDep, Operated
from customer_api.api.back_office.v1.clients.resource import (
    SECRET_TYPE,
    SHAPE,
    TYPE,
    change_fields,
    create_fields,
    to_change,
    to_create,
    to_resource,
    with_secret,
)
from customer_api.api.back_office.v1.errors import CALLER_ONLY, ONCE, WITH_BODY, documented
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.jsonapi import document
from customer_api.operators.errors import ApiClientNotFound
from customer_api.operators.models import ApiClient
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_MANAGED: Final = Operated(Scope.CLIENTS_WRITE, TYPE)


@router.get("/clients", responses=openapi.collection_answer(SHAPE) | documented(*CALLER_ONLY))
async def list_clients(
    call: Annotated[CallerCall, Depends(_MANAGED)], clients: ApiClientsDep
) -> Response:
    """Return all clients, the oldest first."""
    found = await clients.list_all(call.claims)
    body = document.collection(
        [to_resource(client, call.links) for client in found],
        call.query,
        self_link=call.links.collection(TYPE),
    )
    return JsonApiResponse(body)


@router.post(
    "/clients",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE) | documented(*CALLER_ONLY, *WITH_BODY),
)
async def create_client(
    call: Annotated[CallerCall, Depends(Operated(Scope.CLIENTS_WRITE, TYPE, create_fields))],
    clients: ApiClientsDep,
) -> Response:
    """Add a client; its id is the `client_id`, `meta.clientSecret` is shown this once."""
    created = await clients.create(call.claims, to_create(call.attributes))
    body = document.single(with_secret(created, call.links), call.query)
    return JsonApiResponse(body, status_code=201)


@router.get(
    "/clients/{uuid}",
    responses=openapi.single_answer(200, SHAPE) | documented(*CALLER_ONLY, ApiClientNotFound),
)
async def read_client(
    uuid: str, call: Annotated[CallerCall, Depends(_MANAGED)], clients: ApiClientsDep
) -> Response:
    """Return a client."""
    return _single(await clients.read(call.claims, uuid), call=call)


@router.patch(
    "/clients/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, ApiClientNotFound, *ONCE),
)
async def change_client(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(Operated(Scope.CLIENTS_WRITE, TYPE, change_fields))],
    clients: ApiClientsDep,
) -> Response:
    """Change a client; scopes that are taken away are gone from tokens that it has."""
    act = partial(clients.change, call.claims, uuid, to_change(call.attributes))
    return await once.answer(call.claims, act, partial(_single, call=call))


@router.delete(
    "/clients/{uuid}",
    status_code=204,
    responses=openapi.empty_answer() | documented(*CALLER_ONLY, ApiClientNotFound, *ONCE),
)
async def remove_client(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_MANAGED)],
    clients: ApiClientsDep,
) -> Response:
    """Remove a client: every token of it is refused at once."""
    return await once.answer(call.claims, partial(clients.remove, call.claims, uuid), no_content)


@router.post(
    "/clients/{uuid}/secrets",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE) | documented(*CALLER_ONLY, ApiClientNotFound),
)
async def rotate_secret(
    uuid: str,
    call: Annotated[CallerCall, Depends(Operated(Scope.CLIENTS_WRITE, SECRET_TYPE))],
    clients: ApiClientsDep,
) -> Response:
    """Give a client another secret; the one before stays good until `oldSecretExpiresAt`."""
    rotated = await clients.rotate(call.claims, uuid)
    body = document.single(with_secret(rotated, call.links), call.query)
    return JsonApiResponse(body, status_code=201)


def _single(client: ApiClient, *, call: CallerCall) -> JsonApiResponse:
    return JsonApiResponse(document.single(to_resource(client, call.links), call.query))
