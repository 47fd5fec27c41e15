"""`order-claims` on the wire: claiming orders of a guest, a resource of our own."""

from collections.abc import Sequence
from typing import Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.validation import Fields

TYPE: Final = "order-claims"
SHAPE: Final = openapi.Shape(
    TYPE,
    {"orderReferences": {"type": "array", "items": openapi.STRING}},
    id_schema=openapi.NO_ID,
)


def claim_fields(_settings: Settings) -> Fields:
    """Return the rules of a claim, which has no attributes: its address is the caller's."""
    return Fields()


def to_resource(claimed: Sequence[str], reference: str, links: Links) -> Resource:
    """Return what was claimed, by the references of the orders."""
    return Resource(
        type=TYPE,
        id=None,
        attributes={"orderReferences": list(claimed)},
        self_link=links.collection("customers", reference, TYPE),
    )
