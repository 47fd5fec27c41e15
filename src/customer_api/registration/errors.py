"""Refusals about registration."""

from typing import ClassVar

from customer_api.core.errors import AppError
from customer_api.core.ids import CustomerId
from customer_api.customers.errors import EmailTaken


class AddressRegistered(EmailTaken):
    """Somebody registered an address that has an account; its mailbox was told."""

    keeps_changes: ClassVar[bool] = True
    """The mail and the mark of doubt must outlive the refusal."""


class AddressReserved(EmailTaken):
    """Somebody registered an address that another customer can still take back."""

    def __init__(self, claimant: CustomerId) -> None:
        super().__init__("another customer can take the address back")
        self.claimant = claimant


class ConfirmationKeyInvalid(AppError):
    """Never issued, used, expired or superseded; one error for all, so nothing can be probed."""
