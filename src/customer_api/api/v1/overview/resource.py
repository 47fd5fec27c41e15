"""`customer-overviews` on the wire: the first page of an account, a resource of our own.

What it consists of has the attributes that it has as a resource, and its id; the customer has also what
the profile takes and the resource, which is the original's, does not show.
"""

from collections.abc import Sequence
from typing import Final

from customer_api.addresses.models import BookEntry
from customer_api.api import openapi
from customer_api.api.v1.addresses import resource as addresses
from customer_api.api.v1.customers import resource as customers
from customer_api.api.v1.newsletter_subscriptions import resource as newsletters
from customer_api.api.v1.orders import resource as orders
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.profiles.account import Overview

TYPE: Final = "customer-overviews"
PATH: Final = "overview"

_ADDRESS: Final = addresses.SHAPE.embedded() | {"type": ["object", "null"]}
SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "customer": customers.SHAPE.embedded(
            phone=openapi.NULLABLE_STRING,
            company=openapi.NULLABLE_STRING,
            locale=openapi.NULLABLE_STRING,
        ),
        "defaultBillingAddress": _ADDRESS,
        "defaultShippingAddress": _ADDRESS,
        "lastOrders": {"type": "array", "items": orders.LISTED_SHAPE.embedded()},
        "newsletters": {"type": "array", "items": newsletters.SHAPE.embedded()},
    },
)


def to_resource(overview: Overview, links: Links) -> Resource:
    """Return the one resource of an overview."""
    customer = overview.customer

    def address(entry: BookEntry | None) -> dict[str, object] | None:
        if entry is None:
            return None
        return _embedded(addresses.to_resource(entry, customer.reference, links))

    return Resource(
        type=TYPE,
        id=customer.reference,
        attributes={
            "customer": {
                **_embedded(customers.to_resource(customer, links)),
                "phone": customer.phone,
                "company": customer.company,
                "locale": customer.locale,
            },
            "defaultBillingAddress": address(overview.default_billing),
            "defaultShippingAddress": address(overview.default_shipping),
            "lastOrders": _all([orders.to_listed(it, links) for it in overview.last_orders]),
            "newsletters": _all(
                [
                    newsletters.to_resource(it, customer.reference, links)
                    for it in overview.newsletters
                ]
            ),
        },
        self_link=links.collection(customers.TYPE, customer.reference, PATH),
    )


def _all(resources: Sequence[Resource]) -> list[dict[str, object]]:
    return [_embedded(resource) for resource in resources]


def _embedded(resource: Resource) -> dict[str, object]:
    return {"id": resource.id, **resource.attributes}
