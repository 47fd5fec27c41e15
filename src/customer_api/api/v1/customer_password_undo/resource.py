"""`customer-password-undo` on the wire: ours, in the manner of contract 3.6a."""

from typing import Final

from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "customer-password-undo"


def undo_fields(_settings: Settings) -> Fields:
    """Return the rules of the undo of a changed password."""
    return Fields(Field("key", NotBlank()))
