"""`agent-access-tokens` on the wire (contract 3.11)."""

from collections.abc import Mapping
from typing import Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.validation import Field, Fields
from customer_api.operators.logins import OperatorLogin
from customer_api.tokens.grants import TokenPair

TYPE: Final = "agent-access-tokens"

ATTRIBUTES: Final = {
    "tokenType": {"const": "Bearer"},
    "expiresIn": openapi.INTEGER,
    "accessToken": openapi.STRING,
    "refreshToken": openapi.STRING,
}
SHAPE: Final = openapi.Shape(TYPE, ATTRIBUTES, id_schema=openapi.NO_ID)


def login_fields(_settings: Settings) -> Fields:
    """Return the fields of a login, which have no rules."""
    return Fields(
        Field("username", required=False, description="The operator's e-mail address."),
        Field("password", required=False),
    )


def to_command(attributes: Mapping[str, str], client_address: str) -> OperatorLogin:
    """Return the command of a login; what was not sent is empty."""
    username, password = attributes.get("username", ""), attributes.get("password", "")
    return OperatorLogin(username, password, client_address)


def to_resource(pair: TokenPair, resource_type: str, links: Links) -> Resource:
    """Return a token pair as agents get it."""
    return Resource(
        type=resource_type,
        id=None,
        attributes={
            "tokenType": pair.token_type,
            "expiresIn": pair.expires_in_seconds,
            "accessToken": pair.access_token,
            "refreshToken": pair.refresh_token,
        },
        self_link=links.resource(resource_type),
    )
