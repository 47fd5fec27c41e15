"""`operator-passwords` on the wire."""

from typing import Final

from customer_api.api.v1 import fields
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "operator-passwords"


def set_fields(settings: Settings) -> Fields:
    """Return the rules of a new password."""
    return Fields(Field("key", NotBlank()), fields.new_password("password", settings))
