"""`customer-restore-password` on the wire (contract 3.5)."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.api.v1 import fields
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields
from customer_api.passwords.service import RestorePassword

TYPE: Final = "customer-restore-password"


def restore_fields(settings: Settings) -> Fields:
    """Return the rules of a restore."""
    return Fields(
        Field("restorePasswordKey", NotBlank()),
        fields.new_password("password", settings),
        fields.repeated_password(settings),
    )


def to_command(attributes: Mapping[str, Any], client_address: str) -> RestorePassword:
    """Return the command of a restore."""
    return RestorePassword(
        key=attributes["restorePasswordKey"],
        password=attributes["password"],
        confirm_password=attributes["confirmPassword"],
        client_address=client_address,
    )
