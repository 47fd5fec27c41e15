"""Refusals about registration."""

from customer_api.core.errors import AppError
from customer_api.core.ids import CustomerId
from customer_api.credentials.errors import MailedKeyRefused
from customer_api.customers.errors import EmailTaken


class AddressHeld(EmailTaken):
    """Somebody registered an address that a customer has, or can still take back by an undo."""

    def __init__(self, holder: CustomerId) -> None:
        super().__init__()
        self.holder = holder


class AlreadyConfirmed(AppError):
    """The account was confirmed before."""


class ConfirmationKeyInvalid(MailedKeyRefused):
    """The key confirms no registration (any more)."""
