"""`customer-access` on the wire (contract 3.7)."""

from collections.abc import Sequence
from typing import Final

from customer_api.api import openapi
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links

TYPE: Final = "customer-access"

SHAPE: Final = openapi.Shape(
    TYPE,
    {"resourceTypes": {"type": "array", "items": openapi.STRING}},
    id_schema=openapi.NO_ID,
)


def to_resource(resource_types: Sequence[str], links: Links) -> Resource:
    """Return the list of types that guests do not see."""
    return Resource(
        type=TYPE,
        id=None,
        attributes={"resourceTypes": list(resource_types)},
        self_link=links.resource(TYPE),
    )
