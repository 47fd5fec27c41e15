"""`newsletter-confirmation` on the wire."""

from typing import Final

from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "newsletter-confirmation"


def confirm_fields(_settings: Settings) -> Fields:
    """Return the rules of a confirmation."""
    return Fields(Field("key", NotBlank()))
