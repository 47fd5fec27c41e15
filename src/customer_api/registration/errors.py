"""Refusals about registration."""

from customer_api.core.errors import AppError


class ConfirmationKeyInvalid(AppError):
    """Never issued, used, expired or superseded; one error for all, so nothing can be probed."""
