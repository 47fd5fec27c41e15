"""`customer-email-confirmation` on the wire (contract 3.6a)."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.core.settings import Settings
from customer_api.email_change.emails import ConfirmEmail
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "customer-email-confirmation"


def confirm_fields(_settings: Settings) -> Fields:
    """Return the rules of a confirmation."""
    return Fields(Field("key", NotBlank()), Field("password", NotBlank()))


def to_command(attributes: Mapping[str, Any], client_address: str) -> ConfirmEmail:
    """Return the command of a confirmation."""
    return ConfirmEmail(
        key=attributes["key"], password=attributes["password"], client_address=client_address
    )
