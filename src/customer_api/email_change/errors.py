"""Refusals about changing an e-mail address."""

from customer_api.core.errors import AppError


class EmailChangeKeyInvalid(AppError):
    """Never issued, used, expired or superseded; one error for all, so nothing can be probed."""
