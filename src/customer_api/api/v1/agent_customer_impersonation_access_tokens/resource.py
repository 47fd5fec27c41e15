"""`agent-customer-impersonation-access-tokens` on the wire (contract 3.11)."""

from typing import Final

from customer_api.api import openapi
from customer_api.api.v1.agent_access_tokens.resource import ATTRIBUTES
from customer_api.core.settings import Settings
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "agent-customer-impersonation-access-tokens"

SHAPE: Final = openapi.Shape(TYPE, ATTRIBUTES, id_schema=openapi.NO_ID)


def impersonation_fields(_settings: Settings) -> Fields:
    """Return the field that says whom to act as; it has no rules."""
    return Fields(Field("customerReference", required=False))
