"""`agent-customer-search` on the wire (contract 3.11)."""

from typing import Any, Final

from customer_api.agents.search import FoundCustomers
from customer_api.api import openapi
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.query import Page, Query

TYPE: Final = "agent-customer-search"
TEXT: Final = "q"
FIRST_PAGE: Final = Page(offset=0, limit=10)
LARGEST_LIMIT: Final = 100

_FOUND: Final = {
    "customerReference": openapi.STRING,
    "email": openapi.STRING,
    "firstName": openapi.NULLABLE_STRING,
    "lastName": openapi.NULLABLE_STRING,
}
SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "customers": {
            "type": "array",
            "items": {"type": "object", "properties": _FOUND, "required": list(_FOUND)},
        }
    },
    id_schema=openapi.NO_ID,
)
PARAMETERS: Final[dict[str, Any]] = {
    "parameters": [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": description,
            "schema": schema,
        }
        for name, description, schema in (
            (TEXT, "Piece of an e-mail or a name, or a whole reference.", openapi.STRING),
            ("page[offset]", "Together with the limit only.", openapi.INTEGER | {"minimum": 0}),
            ("page[limit]", "At most 100 are shown.", openapi.INTEGER | {"minimum": 1}),
        )
    ]
}


def to_page(query: Query) -> Page:
    """Return the page that is asked for, the first ten by default, and never a huge one."""
    page = query.page or FIRST_PAGE
    return Page(page.offset, min(page.limit, LARGEST_LIMIT))


def to_resource(found: FoundCustomers, links: Links) -> Resource:
    """Return what was found as answers show it: one resource with all of the page."""
    return Resource(
        type=TYPE,
        id=None,
        attributes={
            "customers": [
                {
                    "customerReference": it.reference,
                    "email": it.email,
                    "firstName": it.first_name,
                    "lastName": it.last_name,
                }
                for it in found.customers
            ]
        },
        self_link=links.resource(TYPE),
    )
