"""`customer-forgotten-password` on the wire (contract 3.4)."""

from typing import Final

from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Email, Length, NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "customer-forgotten-password"


def request_fields(_settings: Settings) -> Fields:
    """Return the rules of a request; the loose e-mail test lets imported addresses pass."""
    return Fields(Field("email", NotBlank(), Email(), Length(max=255)))
