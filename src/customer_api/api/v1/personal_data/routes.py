"""Verbs of `personal-data`."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from customer_api.anonymization.errors import ReauthenticationRequired
from customer_api.api import openapi
from customer_api.api.deps import Authenticated, CustomerCall, ExportDep
from customer_api.api.responses import JsonApiResponse
from customer_api.api.v1.errors import documented
from customer_api.api.v1.personal_data.resource import SHAPE, TYPE, to_resource
from customer_api.api.v1.refusal_groups import CUSTOMER_ONLY
from customer_api.customers.errors import NotOwner
from customer_api.jsonapi import document

router: Final = APIRouter(tags=[TYPE], default_response_class=JsonApiResponse)


@router.get(
    "/customers/{reference}/personal-data",
    responses=openapi.single_answer(200, SHAPE)
    | documented(*CUSTOMER_ONLY, NotOwner, ReauthenticationRequired),
)
async def read_personal_data(
    reference: str, call: Annotated[CustomerCall, Depends(Authenticated())], exports: ExportDep
) -> Response:
    """Return all that is stored about the caller, after a fresh login; a mail tells the owner."""
    data = await exports.export(call.claims, reference)
    return JsonApiResponse(document.single(to_resource(data, call.links), call.query))
