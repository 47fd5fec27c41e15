"""What can be wrong with plugins, and refusals of an export."""

from customer_api.core.errors import AppError, CredentialRefused


class AnonymizersInvalid(Exception):
    """The registry cannot be built; the message names the plugin and the mend. Stops the start."""


class ReauthenticationRequired(CredentialRefused):
    """The session is too old for something so private; a new login helps."""

    def __init__(self, max_age_seconds: int) -> None:
        super().__init__("reauthentication_required")
        self.max_age_seconds = max_age_seconds


class ConfirmationStale(AppError):
    """The erasure is not confirmed: no confirmation, another customer's, a used or too old one."""


class ReceiptNotFound(AppError):
    """The customer was not erased, so there is no receipt."""
