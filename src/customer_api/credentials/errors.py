"""Refusals about passwords and mailed keys."""

from customer_api.core.errors import AppError


class MailedKeyRefused(AppError):
    """Never issued, used, expired or superseded; one error for all, so nothing can be probed.

    Each purpose has a subclass of its own.
    """


class NewPasswordsDiffer(AppError):
    """The new password and its repetition are not the same (change of a known password)."""


class PasswordWrong(AppError):
    """The current password given with a change is not the stored one."""
