"""Refusals about passwords."""

from customer_api.core.errors import AppError


class NewPasswordsDiffer(AppError):
    """The new password and its repetition are not the same (change of a known password)."""


class PasswordWrong(AppError):
    """The current password given with a change is not the stored one."""
