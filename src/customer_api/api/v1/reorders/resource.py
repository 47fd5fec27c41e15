"""`reorders` on the wire: ordering items again, a resource of our own."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.lists import Count, Objects
from customer_api.jsonapi.validation import Field, Fields
from customer_api.orders.models import LARGEST_QUANTITY, MOST_ITEMS
from customer_api.orders.reorders import Line, Reason, Reordered

TYPE: Final = "reorders"

_LINE: Final[openapi.Schema] = {
    "type": "object",
    "properties": {
        "sku": openapi.STRING,
        "quantity": openapi.INTEGER | {"minimum": 1, "maximum": LARGEST_QUANTITY},
    },
    "required": ["sku", "quantity"],
}
_ACCEPTED: Final = {"sku": openapi.STRING, "name": openapi.STRING, "quantity": openapi.INTEGER}
_REFUSED: Final = {
    "place": openapi.INTEGER | {"minimum": 0},
    "sku": openapi.NULLABLE_STRING,
    "reason": {"enum": list(Reason)},
}
SHAPE: Final = openapi.Shape(
    TYPE,
    {
        name: {
            "type": "array",
            "items": {"type": "object", "properties": members, "required": list(members)},
        }
        for name, members in (("acceptedItems", _ACCEPTED), ("refusedItems", _REFUSED))
    },
    id_schema=openapi.NO_ID,
)


def reorder_fields(_settings: Settings) -> Fields:
    """Return the rules of a reorder; what is wrong with a line is told in its place."""
    rules = (Objects(_LINE), Count(min=1, max=MOST_ITEMS))
    return Fields(Field("items", *rules, required=False, type="array"))


def to_lines(attributes: Mapping[str, Any]) -> Sequence[Line] | None:
    """Return the lines that are wanted; None for the whole order."""
    if "items" not in attributes:
        return None
    return [Line(_text(it.get("sku")), _integer(it.get("quantity"))) for it in attributes["items"]]


def to_resource(reordered: Reordered, order_reference: str, links: Links) -> Resource:
    """Return what became of the lines."""
    accepted = [
        {"sku": it.sku, "name": it.name, "quantity": it.quantity} for it in reordered.accepted
    ]
    refused = [{"place": it.place, "sku": it.sku, "reason": it.reason} for it in reordered.refused]
    return Resource(
        type=TYPE,
        id=None,
        attributes={"acceptedItems": accepted, "refusedItems": refused},
        self_link=links.collection("orders", order_reference, TYPE),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
