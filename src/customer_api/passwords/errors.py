"""Refusals about restoring a password."""

from customer_api.core.errors import AppError


class PasswordUndoKeyInvalid(AppError):
    """Never issued, used, expired or superseded; one error for all, so nothing can be probed."""


class RestoreKeyInvalid(AppError):
    """Never issued, used, expired or superseded; one error for all, so nothing can be probed."""
