"""`customer-confirmation` on the wire (contract 3.6)."""

from typing import Final

from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "customer-confirmation"


def confirm_fields(_settings: Settings) -> Fields:
    """Return the rules of a confirmation."""
    return Fields(Field("registrationKey", NotBlank()))
