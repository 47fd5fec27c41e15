"""`customer-password` on the wire (contract 3.3)."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.api.v1 import fields
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Length, NotBlank
from customer_api.jsonapi.validation import Field, Fields
from customer_api.passwords.service import ChangePassword

TYPE: Final = "customer-password"


def change_fields(settings: Settings) -> Fields:
    """Return the rules of a change; the old password may be of any length it once was."""
    return Fields(
        Field("password", NotBlank(), Length(max=settings.password_max_length)),
        fields.new_password("newPassword", settings),
        fields.repeated_password(settings),
    )


def to_command(attributes: Mapping[str, Any], client_address: str) -> ChangePassword:
    """Return the command of a change."""
    return ChangePassword(
        password=attributes["password"],
        new_password=attributes["newPassword"],
        confirm_password=attributes["confirmPassword"],
        client_address=client_address,
    )
