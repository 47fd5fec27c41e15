"""`order-batches` on the wire: several orders in one request, each with a result of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from customer_api.api import openapi
from customer_api.api.back_office.v1.errors import BACK_OFFICE
from customer_api.api.back_office.v1.orders.fields import batched_fields, to_command
from customer_api.core.settings import Settings
from customer_api.core.types import JsonObject
from customer_api.customers.errors import CustomersUnknown
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.errors import ErrorObject, validation_errors
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.lists import Count, Objects
from customer_api.jsonapi.validation import Field, Fields
from customer_api.orders.models import Outcome, PushOrder
from customer_api.orders.service import BatchResult

TYPE: Final = "order-batches"
MOST_ORDERS: Final = 100
BODY_LIMIT_BYTES: Final = 1024 * 1024
"""Reading more, and checking more, would hold up the other requests of the process for too long."""
REFUSED: Final = "refused"

_FIELDS: Final = batched_fields()

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "reference": openapi.NULLABLE_STRING,
                    "outcome": {"enum": [*Outcome, REFUSED]},
                    "errors": openapi.ERRORS["properties"]["errors"] | {"minItems": 0},
                },
                "required": ["reference", "outcome", "errors"],
            },
        }
    },
    id_schema=openapi.NO_ID,
)


@dataclass(frozen=True, slots=True)
class Batch:
    """The orders of a request: those that can be pushed, and what is wrong with the others."""

    size: int
    commands: Mapping[int, PushOrder]
    """By their place in the batch."""
    faulty: Mapping[int, tuple[str | None, Sequence[ErrorObject]]]
    """References, None when there is none, and errors, by their place."""


def batch_fields(_settings: Settings) -> Fields:
    """Return the rules of a batch; what is wrong with one of its orders is told in its result."""
    rules = (Objects(_FIELDS.json_schema()), Count(min=1, max=MOST_ORDERS))
    return Fields(Field("orders", *rules, type="array"))


def to_batch(attributes: Mapping[str, Any], today: date) -> Batch:
    """Return the orders of a batch, checked one by one."""
    commands: dict[int, PushOrder] = {}
    faulty: dict[int, tuple[str | None, Sequence[ErrorObject]]] = {}
    for place, sent in enumerate(attributes["orders"]):
        violations = _FIELDS.violations(sent, today=today)
        if violations:
            errors = validation_errors(violations, code=BACK_OFFICE.validation_code)
            faulty[place] = (_reference(sent), errors)
        else:
            parsed = _FIELDS.parse(sent)
            commands[place] = to_command(parsed["reference"], parsed)
    return Batch(len(attributes["orders"]), commands, faulty)


def to_resource(batch: Batch, stored: Sequence[BatchResult], links: Links) -> Resource:
    """Return what became of the orders, in the order of the batch."""
    results = {place: _result(*faulty) for place, faulty in batch.faulty.items()}
    for (place, command), result in zip(batch.commands.items(), stored, strict=True):
        errors = [] if result.outcome else [_unknown(command.customer_reference)]
        results[place] = _result(result.reference, errors, result.outcome)
    return Resource(
        type=TYPE,
        id=None,
        attributes={"results": [results[place] for place in range(batch.size)]},
        self_link=links.path("orders"),
    )


def _unknown(customer_reference: str | None) -> ErrorObject:
    row = BACK_OFFICE.row_of(CustomersUnknown)
    return ErrorObject(
        row.status, row.detail, code=row.code, meta={"value": customer_reference or ""}
    )


def _result(
    reference: str | None, errors: Sequence[ErrorObject], outcome: Outcome | None = None
) -> dict[str, object]:
    return {
        "reference": reference,
        "outcome": outcome or REFUSED,
        "errors": [error.to_json() for error in errors],
    }


def _reference(sent: JsonObject) -> str | None:
    reference = sent.get("reference")
    return reference if isinstance(reference, str) else None
