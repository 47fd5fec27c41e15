"""Verbs of `newsletter-types`."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office.deps import CallerCall, NewslettersDep, OnceDep, Operated
from customer_api.api.back_office.v1.errors import CALLER_ONLY, ONCE, WITH_BODY, documented
from customer_api.api.back_office.v1.newsletter_types.resource import (
    SHAPE,
    TYPE,
    change_fields,
    create_fields,
    to_change,
    to_create,
    to_resource,
)
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.jsonapi import document
from customer_api.newsletter.errors import TypeInUse, TypeNameTaken, TypeNotFound
from customer_api.newsletter.models import NewsletterType
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_MANAGED: Final = Operated(Scope.NEWSLETTER_WRITE, TYPE)
_CREATED: Final = Operated(Scope.NEWSLETTER_WRITE, TYPE, create_fields)
_CHANGED: Final = Operated(Scope.NEWSLETTER_WRITE, TYPE, change_fields)


@router.get(
    "/newsletter-types", responses=openapi.collection_answer(SHAPE) | documented(*CALLER_ONLY)
)
async def list_newsletter_types(
    call: Annotated[CallerCall, Depends(_MANAGED)], newsletters: NewslettersDep
) -> Response:
    """Return all newsletters, by name."""
    body = document.collection(
        [to_resource(it, call.links) for it in await newsletters.list_all(call.claims)],
        call.query,
        self_link=call.links.collection(TYPE),
    )
    return JsonApiResponse(body)


@router.post(
    "/newsletter-types",
    status_code=201,
    responses=openapi.single_answer(201, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, TypeNameTaken, *ONCE),
)
async def create_newsletter_type(
    once: OnceDep, call: Annotated[CallerCall, Depends(_CREATED)], newsletters: NewslettersDep
) -> Response:
    """Add a newsletter; no two have the same name, in any case."""
    act = partial(newsletters.create, call.claims, to_create(call.attributes))
    return await once.answer(call.claims, act, partial(_single, call=call, status=201))


@router.get(
    "/newsletter-types/{uuid}",
    responses=openapi.single_answer(200, SHAPE) | documented(*CALLER_ONLY, TypeNotFound),
)
async def read_newsletter_type(
    uuid: str, call: Annotated[CallerCall, Depends(_MANAGED)], newsletters: NewslettersDep
) -> Response:
    """Return a newsletter."""
    return _single(await newsletters.read(call.claims, uuid), call=call)


@router.patch(
    "/newsletter-types/{uuid}",
    responses=openapi.single_answer(200, SHAPE)
    | documented(*CALLER_ONLY, *WITH_BODY, TypeNotFound, TypeNameTaken, *ONCE),
)
async def change_newsletter_type(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_CHANGED)],
    newsletters: NewslettersDep,
) -> Response:
    """Change a newsletter; another consent text is a new version, for those who subscribe from now on."""
    act = partial(newsletters.change, call.claims, uuid, to_change(call.attributes))
    return await once.answer(call.claims, act, partial(_single, call=call))


@router.delete(
    "/newsletter-types/{uuid}",
    status_code=204,
    responses=openapi.empty_answer() | documented(*CALLER_ONLY, TypeNotFound, TypeInUse, *ONCE),
)
async def remove_newsletter_type(
    uuid: str,
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_MANAGED)],
    newsletters: NewslettersDep,
) -> Response:
    """Remove a newsletter that nobody ever subscribed to."""
    return await once.answer(
        call.claims, partial(newsletters.remove, call.claims, uuid), no_content
    )


def _single(newsletter: NewsletterType, *, call: CallerCall, status: int = 200) -> JsonApiResponse:
    body = document.single(to_resource(newsletter, call.links), call.query)
    return JsonApiResponse(body, status_code=status)
