"""Refusals about tokens."""

from customer_api.core.errors import AppError


class LoginFailed(AppError):
    """No such account, wrong password, not confirmed or erased; nobody can tell which."""


class SessionNotFound(AppError):
    """The caller has no live session with this id; others' sessions look the same."""
