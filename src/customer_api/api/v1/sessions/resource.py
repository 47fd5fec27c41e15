"""`sessions` on the wire: the logins of a customer, a resource of our own."""

from typing import Final

from customer_api.api import openapi
from customer_api.core.types import Claims
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
        "isCurrent": openapi.BOOLEAN,
        "isImpersonation": openapi.BOOLEAN,
    },
)


def to_resource(login: Login, claims: Claims, links: Links) -> Resource:
    """Return a session as answers show it to the caller with these claims."""
    return Resource(
        type=TYPE,
        id=login.uuid,
        attributes={
            "device": login.device,
            "createdAt": timestamp(login.created_at),
            "lastUsedAt": timestamp(login.last_used_at),
            "isCurrent": login.uuid == claims.session,
            "isImpersonation": login.is_impersonation,
        },
        self_link=links.resource(TYPE, login.uuid),
    )
