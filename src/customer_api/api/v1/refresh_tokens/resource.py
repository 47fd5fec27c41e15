"""`refresh-tokens` on the wire (contract 3.9)."""

from typing import Final

from customer_api.api import openapi
from customer_api.api.v1.access_tokens.resource import ATTRIBUTES
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "refresh-tokens"
ALL_OF_MINE: Final = "mine"

SHAPE: Final = openapi.Shape(TYPE, ATTRIBUTES, id_schema=openapi.NO_ID)


def refresh_fields(_settings: Settings) -> Fields:
    """Return the rules of a refresh."""
    return Fields(Field("refreshToken", NotBlank()))
