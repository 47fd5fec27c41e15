"""Refusals about changing an e-mail address."""

from customer_api.core.errors import AppError
from customer_api.credentials.errors import MailedKeyRefused


class EmailChangeKeyInvalid(MailedKeyRefused):
    """The key neither confirms nor undoes a change (any more)."""


class EmailLocked(AppError):
    """The caller may change the customer, but not the e-mail address."""
