"""`access-tokens` on the wire (contract 3.8)."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Email, NotBlank
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.validation import Field, Fields
from customer_api.tokens.grants import TokenPair
from customer_api.tokens.service import LogIn

TYPE: Final = "access-tokens"

ATTRIBUTES: Final = {
    "tokenType": {"const": "Bearer"},
    "expiresIn": openapi.INTEGER,
    "accessToken": openapi.STRING,
    "refreshToken": openapi.STRING,
    "idCompanyUser": openapi.NULLABLE_STRING,
}
SHAPE: Final = openapi.Shape(TYPE, ATTRIBUTES, id_schema=openapi.NO_ID)


def login_fields(_settings: Settings) -> Fields:
    """Return the rules of a login; the password policy never applies here."""
    return Fields(
        Field("username", NotBlank(), Email(), description="The customer's e-mail address."),
        Field("password", NotBlank()),
    )


def to_command(attributes: Mapping[str, Any], client_address: str, device: str | None) -> LogIn:
    """Return the command of a login."""
    return LogIn(
        username=attributes["username"],
        password=attributes["password"],
        client_address=client_address,
        device=device,
    )


def to_resource(pair: TokenPair, resource_type: str, links: Links) -> Resource:
    """Return a token pair as answers show it."""
    return Resource(
        type=resource_type,
        id=None,
        attributes={
            "tokenType": pair.token_type,
            "expiresIn": pair.expires_in_seconds,
            "accessToken": pair.access_token,
            "refreshToken": pair.refresh_token,
            "idCompanyUser": None,
        },
        self_link=links.resource(resource_type),
    )
