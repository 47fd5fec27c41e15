"""Refusals about registration."""

from typing import ClassVar

from customer_api.core.ids import CustomerId
from customer_api.credentials.errors import MailedKeyRefused
from customer_api.customers.errors import EmailTaken


class AddressRegistered(EmailTaken):
    """Somebody registered an address that has an account; its mailbox was told."""

    keeps_changes: ClassVar[bool] = True
    """The mail and the mark of doubt must outlive the refusal."""


class AddressReserved(EmailTaken):
    """Somebody registered an address that its former owner can still take back by an undo."""

    def __init__(self, holder: CustomerId) -> None:
        super().__init__()
        self.holder = holder


class ConfirmationKeyInvalid(MailedKeyRefused):
    """The key confirms no registration (any more)."""
