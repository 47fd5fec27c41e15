"""`sessions` on the wire of the back office."""

from typing import Final

from customer_api.api import openapi
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.tokens.models import Login

TYPE: Final = "sessions"

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "device": openapi.NULLABLE_STRING,
        "createdAt": openapi.TIMESTAMP,
        "lastUsedAt": openapi.TIMESTAMP,
        "isImpersonation": openapi.BOOLEAN,
    },
)


def to_resource(login: Login, reference: str, links: Links) -> Resource:
    """Return a session of a customer as answers show it."""
    return Resource(
        type=TYPE,
        id=login.uuid,
        attributes={
            "device": login.device,
            "createdAt": timestamp(login.created_at),
            "lastUsedAt": timestamp(login.last_used_at),
            "isImpersonation": login.is_impersonation,
        },
        self_link=links.path("customers", reference, TYPE, login.uuid),
    )
