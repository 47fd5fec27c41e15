"""Refusals about tokens."""

from typing import ClassVar

from customer_api.core.errors import AppError


class LoginFailed(AppError):
    """No such account, wrong password, not confirmed or erased; nobody can tell which."""


class RefreshFailed(AppError):
    """The refresh token was never issued, has expired, or its session has ended."""


class RefreshTokenReused(RefreshFailed):
    """A rotated refresh token came back too late; its whole session is over now."""

    keeps_changes: ClassVar[bool] = True
    """The end of the session must outlive the refusal."""
