"""Refusals about registration."""

from typing import ClassVar

from customer_api.core.ids import Reference
from customer_api.credentials.errors import MailedKeyRefused
from customer_api.customers.errors import EmailTaken


class AddressRegistered(EmailTaken):
    """Somebody registered an address that has an account; its mailbox was told."""

    keeps_changes: ClassVar[bool] = True
    """The mail and the mark of doubt must outlive the refusal."""

    def __init__(self, owner: Reference) -> None:
        super().__init__()
        self.owner = owner


class ConfirmationKeyInvalid(MailedKeyRefused):
    """The key confirms no registration (any more)."""
