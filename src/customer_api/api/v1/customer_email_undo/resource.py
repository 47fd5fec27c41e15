"""`customer-email-undo` on the wire (contract 3.6a)."""

from typing import Final

from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "customer-email-undo"


def undo_fields(_settings: Settings) -> Fields:
    """Return the rules of the undo of a changed e-mail."""
    return Fields(Field("key", NotBlank()))
