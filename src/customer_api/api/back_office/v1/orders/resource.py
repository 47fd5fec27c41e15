"""`orders` on the wire."""

from typing import Final

from customer_api.api import openapi
from customer_api.api.back_office.v1.orders.fields import order_fields
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.orders.models import Order, OrderHead

TYPE: Final = "orders"
ORDER: Final = "orders"
"""What cursors of the list name its order."""
BODY_LIMIT_BYTES: Final = 512 * 1024
"""For an order with the most items, whose texts are not all of the greatest length."""

_PROPERTIES: Final = order_fields().json_schema()["properties"]
_HEAD: Final = {
    "customerReference": openapi.NULLABLE_STRING,
    "placedAt": openapi.TIMESTAMP,
    "currency": openapi.STRING,
    "priceMode": openapi.STRING,
    "state": openapi.STRING,
    "totals": _PROPERTIES["totals"],
    "createdAt": openapi.TIMESTAMP,
    "updatedAt": openapi.TIMESTAMP,
}
LISTED_SHAPE: Final = openapi.Shape(TYPE, _HEAD)
SHAPE: Final = openapi.Shape(
    TYPE,
    _HEAD
    | {
        name: _PROPERTIES[name]
        for name in (
            "items",
            "expenses",
            "payments",
            "shipments",
            "billingAddress",
            "shippingAddress",
        )
    },
)


def to_listed(head: OrderHead, links: Links) -> Resource:
    """Return an order as lists show it."""
    return Resource(
        type=TYPE,
        id=head.reference,
        attributes=_attributes(head),
        self_link=links.path(TYPE, head.reference),
    )


def to_resource(order: Order, links: Links) -> Resource:
    """Return an order as answers show it."""
    whole = {
        **order.content,
        "billingAddress": order.billing_address,
        "shippingAddress": order.shipping_address,
    }
    return Resource(
        type=TYPE,
        id=order.head.reference,
        attributes=_attributes(order.head) | whole,
        self_link=links.path(TYPE, order.head.reference),
    )


def _attributes(head: OrderHead) -> dict[str, object]:
    return {
        "customerReference": head.customer_reference,
        "placedAt": timestamp(head.placed_at),
        "currency": head.currency,
        "priceMode": head.price_mode,
        "state": head.state,
        "totals": head.totals,
        "createdAt": timestamp(head.created_at),
        "updatedAt": timestamp(head.updated_at),
    }
