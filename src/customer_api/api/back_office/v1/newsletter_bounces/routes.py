"""Verbs of `newsletter-bounces`: what the shop's mailing system has learnt."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.api import openapi
from customer_api.api.back_office.deps import CallerCall, NewslettersDep, OnceDep, Operated
from customer_api.api.back_office.v1.errors import CALLER_ONLY, ONCE, WITH_BODY, documented
from customer_api.api.back_office.v1.newsletter_bounces.resource import TYPE, report_fields
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)

_REPORTED: Final = Operated(Scope.NEWSLETTER_WRITE, TYPE, report_fields)


@router.post(
    "/newsletter-bounces",
    status_code=204,
    responses=openapi.empty_answer() | documented(*CALLER_ONLY, *WITH_BODY, *ONCE),
)
async def report_newsletter_bounces(
    once: OnceDep, call: Annotated[CallerCall, Depends(_REPORTED)], newsletters: NewslettersDep
) -> Response:
    """End the subscriptions of mailboxes that take no mail; which ones there are is not told."""
    act = partial(newsletters.report_bounces, call.claims, call.attributes["emails"])
    return await once.answer(call.claims, act, no_content)
