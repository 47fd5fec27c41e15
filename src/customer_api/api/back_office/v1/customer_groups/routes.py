"""Verbs of `customer-groups`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.deps import (
    CallerCall,
    CustomerCareDep,
    GroupsDep,
    OnceDep,
    Operated,
)
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.customer_groups.resource import (
    ORDER,
    SHAPE,
    TYPE,
    change_fields,
    create_fields,
    to_change,
    to_create,
    to_resource,
)
from customer_api.api.back_office.v1.errors import (
    ABOUT_CUSTOMER,
    CALLER_ONLY,
    ONCE,
    WITH_BODY,
    documented,
)
from customer_api.api.conditions import to_etag
from customer_api.api.deps import ExpectedStateDep
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.audit.models import Action
from customer_api.core.keyset import CursorUnknown
from customer_api.core.states import StateOutdated
from customer_api.groups.errors import GroupNameTaken, GroupNotFound
from customer_api.groups.models import Group
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_READ: Final = Operated(Scope.GROUPS_READ, TYPE)
_READ_OF_CUSTOMER: Final = Operated(Scope.GROUPS_READ, TYPE, action=Action.CUSTOMER_GROUPS_READ)
_CREATED: Final = Operated(Scope.GROUPS_WRITE, TYPE, create_fields)
_CHANGED: Final = Operated(Scope.GROUPS_WRITE, TYPE, change_fields)
_REMOVED: Final = Operated(Scope.GROUPS_WRITE, TYPE)


@router.get(
    "/customer-groups",
    responses=openapi.collection_answer(SHAPE)
    | documented(*CALLER_ONLY, ListInvalid, CursorUnknown),
    openapi_extra={"parameters": listing.parameters()},
)
async def list_groups(call: Annotated[CallerCall, Depends(_READ)], groups: GroupsDep) -> Response:
    """Return a page of all groups, by name."""
    found = await groups.list_page(call.claims, listing.plain_page(call.query, ORDER))
    body = document.collection(
        [to_resource(group, call.links) for group in found.entries],
        call.query,
        self_link=call.links.collection(TYPE),
        paging=listing.paging(found, ORDER, lambda group: group.uuid),
    )
    return JsonApiResponse(body)


@router.post(
    "/customer-groups",
    status_code=201,
    responses=openapi.state_answer(201, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, GroupNameTaken, *ONCE),
)
async def create_group(
    once: OnceDep, call: Annotated[CallerCall, Depends(_CREATED)], groups: GroupsDep
) -> Response:
    """Add a group; no two have the same name, in any case."""
    act = partial(groups.create, call.claims, to_create(call.attributes))
    return await once.answer(call.claims, act, partial(_single, call=call, status=201))


@router.get(
    "/customer-groups/{uuid}",
    responses=openapi.state_answer(200, SHAPE) | documented(*CALLER_ONLY, GroupNotFound),
)
async def read_group(
    uuid: str, call: Annotated[CallerCall, Depends(_READ)], groups: GroupsDep
) -> Response:
    """Return a group."""
    return _single(await groups.group(call.claims, uuid), call=call)


@router.patch(
    "/customer-groups/{uuid}",
    responses=openapi.state_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, GroupNotFound, GroupNameTaken, StateOutdated, *ONCE),
)
async def change_group(
    uuid: str,
    *,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_CHANGED)],
    groups: GroupsDep,
    expected: ExpectedStateDep,
) -> Response:
    """Change a group: absent attributes stay, null empties the description."""
    command = to_change(call.attributes)
    act = partial(groups.change, call.claims, uuid, command, expected=expected)
    return await once.answer(call.claims, act, partial(_single, call=call))


@router.delete(
    "/customer-groups/{uuid}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(*CALLER_ONLY, GroupNotFound, StateOutdated, *ONCE),
)
async def remove_group(
    uuid: str,
    *,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_REMOVED)],
    groups: GroupsDep,
    expected: ExpectedStateDep,
) -> Response:
    """Remove a group; its customers stay."""
    act = partial(groups.remove, call.claims, uuid, expected=expected)
    return await once.answer(call.claims, act, no_content)


@router.get(
    "/customers/{reference}/groups",
    responses=openapi.collection_answer(SHAPE) | documented(*CALLER_ONLY, *ABOUT_CUSTOMER),
)
async def list_groups_of_customer(
    reference: str, call: Annotated[CallerCall, Depends(_READ_OF_CUSTOMER)], care: CustomerCareDep
) -> Response:
    """Return the groups that a customer is in, by name."""
    body = document.collection(
        [to_resource(group, call.links) for group in await care.members.groups(call.claims)],
        call.query,
        self_link=call.links.collection("customers", reference, "groups"),
    )
    return JsonApiResponse(body)


def _single(group: Group, *, call: CallerCall, status: int = 200) -> JsonApiResponse:
    body = document.single(to_resource(group, call.links), call.query)
    return JsonApiResponse(body, status_code=status, headers={"ETag": to_etag(group.state)})
