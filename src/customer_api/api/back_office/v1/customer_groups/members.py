"""Verbs of `customer-group-members`: several customers at a time."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.deps import CallerCall, CustomerCareDep, OnceDep, Operated
from customer_api.api.back_office.listing import ListInvalid
from customer_api.api.back_office.v1.customer_groups.resource import (
    MEMBER_ORDER,
    MEMBER_SHAPE,
    MEMBER_TYPE,
    MEMBERS_LIMIT_BYTES,
    TYPE,
    member_fields,
    to_member,
)
from customer_api.api.back_office.v1.errors import CALLER_ONLY, ONCE, WITH_BODY, documented
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.core.keyset import CursorUnknown
from customer_api.customers.errors import CustomersUnknown
from customer_api.groups.errors import GroupNotFound, NotMembers
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[MEMBER_TYPE], default_response_class=JsonApiResponse)

_READ: Final = Operated(Scope.GROUPS_READ, MEMBER_TYPE)
_WRITTEN: Final = Operated(
    Scope.GROUPS_WRITE, MEMBER_TYPE, member_fields, body_limit_bytes=MEMBERS_LIMIT_BYTES
)


@router.get(
    "/customer-groups/{uuid}/customers",
    responses=openapi.collection_answer(MEMBER_SHAPE)
    | documented(*CALLER_ONLY, GroupNotFound, ListInvalid, CursorUnknown),
    openapi_extra={"parameters": listing.parameters()},
)
async def list_members(
    uuid: str, call: Annotated[CallerCall, Depends(_READ)], care: CustomerCareDep
) -> Response:
    """Return a page of the members, the oldest account first; their ids are references."""
    page = listing.plain_page(call.query, MEMBER_ORDER)
    found = await care.members.list_page(call.claims, uuid, page)
    body = document.collection(
        [to_member(member, call.links) for member in found.entries],
        call.query,
        self_link=call.links.collection(TYPE, uuid, "customers"),
        paging=listing.paging(found, MEMBER_ORDER, lambda member: member.reference),
    )
    return JsonApiResponse(body)


@router.post(
    "/customer-groups/{uuid}/customers",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(*CALLER_ONLY, *WITH_BODY, GroupNotFound, CustomersUnknown, *ONCE),
)
async def add_members(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_WRITTEN)],
    care: CustomerCareDep,
) -> Response:
    """Add customers, all of them or none; those who are members already stay it."""
    references = call.attributes["customerReferences"]
    act = partial(care.members.add, call.claims, uuid, references)
    return await once.answer(call.claims, act, no_content)


@router.delete(
    "/customer-groups/{uuid}/customers",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(*CALLER_ONLY, *WITH_BODY, GroupNotFound, NotMembers, *ONCE),
)
async def remove_members(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_WRITTEN)],
    care: CustomerCareDep,
) -> Response:
    """Take customers out of a group, all of them or none; the body is that of `POST`."""
    references = call.attributes["customerReferences"]
    act = partial(care.members.remove, call.claims, uuid, references)
    return await once.answer(call.claims, act, no_content)
