"""`personal-data` on the wire: all that is stored about a customer, a resource of our own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from customer_api.anonymization.export import Part, PersonalData
from customer_api.anonymization.holdings import HOLDINGS
from customer_api.api import openapi
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp

TYPE: Final = "personal-data"

_ROWS: Final[openapi.Schema] = {"type": "array", "items": {"type": "object"}}
SHAPE: Final = openapi.Shape(
    TYPE,
    {holding.part: _ROWS for holding in HOLDINGS}
    | {"plugins": {"type": "object", "additionalProperties": _ROWS}},
)


def to_resource(data: PersonalData, links: Links) -> Resource:
    """Return the one resource of an export."""
    parts = {name: _rows(part) for name, part in data.parts.items()}
    return Resource(
        type=TYPE,
        id=data.reference,
        attributes={**parts, "plugins": data.plugins},
        self_link=links.collection("customers", data.reference, TYPE),
        meta={"storedNotShown": list(data.not_shown)},
    )


def _rows(part: Part) -> list[Mapping[str, Any]]:
    return [{name: _value(value) for name, value in row.items()} for row in part]


def _value(value: object) -> object:
    return timestamp(value) if isinstance(value, datetime) else value
