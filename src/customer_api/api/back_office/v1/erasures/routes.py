"""Verbs of erasures, and of the personal data that there is before one."""

from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.anonymization.errors import ConfirmationStale, ReceiptNotFound
from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.deps import CallerCall, CustomerCareDep, OnceDep, Operated
from customer_api.api.back_office.v1.erasures.resource import (
    PREVIEW,
    PREVIEW_SHAPE,
    RECEIPT,
    RECEIPT_SHAPE,
    to_preview,
    to_receipt,
)
from customer_api.api.back_office.v1.errors import ABOUT_CUSTOMER, CALLER_ONLY, ONCE, documented
from customer_api.api.deps import ExpectedStateDep
from customer_api.api.responses import JsonApiResponse, no_content
from customer_api.api.v1.customers.resource import TYPE as CUSTOMERS
from customer_api.api.v1.personal_data import resource as personal_data
from customer_api.audit.models import Action
from customer_api.core.states import StateOutdated
from customer_api.jsonapi import document
from customer_api.operators.scopes import Scope

router: Final = APIRouter(tags=["erasures"], default_response_class=JsonApiResponse)

CONFIRMATION: Final = "confirmation"

_PREVIEWED: Final = Operated(
    Scope.CUSTOMERS_ERASE, PREVIEW, action=Action.CUSTOMER_ERASURE_PREVIEWED
)
_ERASED: Final = Operated(Scope.CUSTOMERS_ERASE, CUSTOMERS, action=Action.CUSTOMER_ERASED)
_RECEIPT: Final = Operated(Scope.CUSTOMERS_READ, RECEIPT, action=Action.CUSTOMER_ERASURE_READ)
_EXPORTED: Final = Operated(
    Scope.CUSTOMERS_EXPORT, personal_data.TYPE, action=Action.CUSTOMER_EXPORTED
)


@router.post(
    "/customers/{reference}/erasure-previews",
    status_code=201,
    responses=openapi.single_answer(201, PREVIEW_SHAPE) | documented(*CALLER_ONLY, *ABOUT_CUSTOMER),
)
async def preview_erasure(
    call: Annotated[CallerCall, Depends(_PREVIEWED)], care: CustomerCareDep
) -> Response:
    """Tell what an erasure would do, and return what confirms it, once and within ten minutes."""
    preview = await care.erasure.preview(call.claims)
    body = document.single(to_preview(preview, call.links), call.query)
    return JsonApiResponse(body, status_code=201)


@router.delete(
    "/customers/{reference}",
    status_code=204,
    responses=openapi.empty_answer()
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, ConfirmationStale, StateOutdated, *ONCE),
    openapi_extra={
        "parameters": [
            listing.parameter(CONFIRMATION, "Of the preview; without it nothing is erased.")
        ]
    },
)
async def erase_customer(
    once: OnceDep,
    call: Annotated[CallerCall, Depends(_ERASED)],
    care: CustomerCareDep,
    expected: ExpectedStateDep,
) -> Response:
    """Erase a customer: personal data is anonymized for good, and the e-mail is free again."""
    confirmation = call.query.parameters.get(CONFIRMATION, "")
    act = partial(care.erasure.erase, call.claims, confirmation, expected=expected)
    return await once.answer(call.claims, act, no_content)


@router.get(
    "/customers/{reference}/erasure-receipt",
    responses=openapi.single_answer(200, RECEIPT_SHAPE)
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER, ReceiptNotFound),
)
async def read_receipt(
    call: Annotated[CallerCall, Depends(_RECEIPT)], care: CustomerCareDep
) -> Response:
    """Return the proof that a customer was erased: when, by whom, and how many rows of what."""
    receipt = await care.erasure.receipt(call.claims)
    return JsonApiResponse(document.single(to_receipt(receipt, call.links), call.query))


@router.get(
    "/customers/{reference}/personal-data",
    responses=openapi.single_answer(200, personal_data.SHAPE)
    | documented(*CALLER_ONLY, *ABOUT_CUSTOMER),
)
async def read_personal_data(
    call: Annotated[CallerCall, Depends(_EXPORTED)], care: CustomerCareDep
) -> Response:
    """Return all that is stored about a customer and that an erasure wipes."""
    data = await care.erasure.personal_data(call.claims)
    resource = personal_data.to_resource(data, call.links)
    return JsonApiResponse(document.single(resource, call.query))
