"""`access-tokens` of the back office on the wire."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.validation import Field, Fields
from customer_api.operators.logins import OperatorLogin
from customer_api.operators.scopes import Scope
from customer_api.operators.tokens import BackOfficeTokens

TYPE: Final = "access-tokens"

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "tokenType": {"const": "Bearer"},
        "expiresIn": openapi.INTEGER,
        "accessToken": openapi.STRING,
        "refreshToken": openapi.STRING,
        "scopes": {"type": "array", "items": {"enum": list(Scope)}},
    },
    id_schema=openapi.NO_ID,
)


def login_fields(_settings: Settings) -> Fields:
    """Return the rules of a login."""
    return Fields(
        Field("username", NotBlank(), description="The operator's e-mail address."),
        Field("password", NotBlank()),
    )


def to_command(attributes: Mapping[str, Any], client_address: str) -> OperatorLogin:
    """Return the command of a login."""
    return OperatorLogin(attributes["username"], attributes["password"], client_address)


def to_resource(tokens: BackOfficeTokens, links: Links) -> Resource:
    """Return tokens as answers show them."""
    return Resource(
        type=TYPE,
        id=None,
        attributes={
            "tokenType": "Bearer",
            "expiresIn": tokens.expires_in_seconds,
            "accessToken": tokens.access_token,
            "refreshToken": tokens.refresh_token,
            "scopes": [scope for scope in Scope if scope in tokens.scopes],
        },
        self_link=links.resource(TYPE),
    )
