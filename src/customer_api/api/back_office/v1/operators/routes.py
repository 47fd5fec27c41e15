"""Verbs of `operators`."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office.deps import (
    CallerCall,
    OnceDep,
    Operated,
    OperatorPasswordsDep,
    OperatorsDep,
)
from customer_api.api.back_office.v1.errors import CALLER_ONLY, ONCE, WITH_BODY, documented
from customer_api.api.back_office.v1.operators.resource import (
    LINK_SHAPE,
    LINK_TYPE,
    SHAPE,
    TYPE,
    change_fields,
    create_fields,
    to_change,
    to_create,
    to_link,
    to_resource,
)
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.jsonapi import document
from customer_api.operators.errors import (
    LastAdministrator,
    OperatorEmailTaken,
    OperatorNotFound,
)
from customer_api.operators.models import Operator
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_MANAGED: Final = Operated(Scope.OPERATORS_WRITE, TYPE)


@router.get("/operators", responses=openapi.collection_answer(SHAPE) | documented(*CALLER_ONLY))
async def list_operators(
    call: Annotated[CallerCall, Depends(_MANAGED)], operators: OperatorsDep
) -> Response:
    """Return all operators, the oldest first."""
    found = await operators.list_all(call.claims)
    body = document.collection(
        [to_resource(operator, call.links) for operator in found],
        call.query,
        self_link=call.links.collection(TYPE),
    )
    return JsonApiResponse(body)


@router.post(
    "/operators",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, OperatorEmailTaken),
)
async def create_operator(
    call: Annotated[CallerCall, Depends(Operated(Scope.OPERATORS_WRITE, TYPE, create_fields))],
    operators: OperatorsDep,
) -> Response:
    """Add an operator; `meta.passwordLink` is shown this once, and lets them set a password."""
    created = await operators.create(call.claims, to_create(call.attributes))
    resource = to_resource(created.operator, call.links)
    resource = replace(resource, meta={"passwordLink": created.password_link})
    return JsonApiResponse(document.single(resource, call.query), status_code=201)


@router.get(
    "/operators/{uuid}",
    responses=openapi.single_answer(200, SHAPE) | documented(*CALLER_ONLY, OperatorNotFound),
)
async def read_operator(
    uuid: str, call: Annotated[CallerCall, Depends(_MANAGED)], operators: OperatorsDep
) -> Response:
    """Return an operator."""
    return _single(await operators.read(call.claims, uuid), call=call)


@router.patch(
    "/operators/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, OperatorNotFound, LastAdministrator, *ONCE),
)
async def change_operator(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(Operated(Scope.OPERATORS_WRITE, TYPE, change_fields))],
    operators: OperatorsDep,
) -> Response:
    """Change role or flag; absent attributes stay, and it holds from the next request on.

    The address is not among them: an operator with another one is added anew.
    """
    act = partial(operators.change, call.claims, uuid, to_change(call.attributes))
    return await once.answer(call.claims, act, partial(_single, call=call))


@router.delete(
    "/operators/{uuid}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(*CALLER_ONLY, OperatorNotFound, LastAdministrator, *ONCE),
)
async def remove_operator(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_MANAGED)],
    operators: OperatorsDep,
) -> Response:
    """Remove an operator: every token is refused at once, and the address is free again."""
    return await once.answer(call.claims, partial(operators.remove, call.claims, uuid), no_content)


@router.post(
    "/operators/{uuid}/password-links",
    status_code=201,
    responses=openapi.single_answer(201, LINK_SHAPE) | documented(*CALLER_ONLY, OperatorNotFound),
)
async def link_password(
    uuid: str,
    call: Annotated[CallerCall, Depends(Operated(Scope.OPERATORS_WRITE, LINK_TYPE))],
    passwords: OperatorPasswordsDep,
) -> Response:
    """Make a link by which an operator sets a new password within a day; an older one dies."""
    link = await passwords.link(call.claims, uuid)
    body = document.single(to_link(link, uuid, call.links), call.query)
    return JsonApiResponse(body, status_code=201)


def _single(operator: Operator, *, call: CallerCall) -> JsonApiResponse:
    return JsonApiResponse(document.single(to_resource(operator, call.links), call.query))
