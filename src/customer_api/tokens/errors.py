"""Refusals about tokens."""

from typing import ClassVar

from customer_api.core.errors import AppError, CredentialRefused
from customer_api.tokens.models import EndReason


class LoginFailed(AppError):
    """No such account, wrong password, not confirmed or erased; nobody can tell which."""


class RefreshFailed(CredentialRefused):
    """The refresh token was never issued, has expired, or its session has ended."""


class SuccessorUnknown(RefreshFailed):
    """A repeated token has a successor, but none that is derived by a key of this process."""


class RefreshTokenReused(RefreshFailed):
    """A rotated refresh token came back too late; its whole session is over now."""

    keeps_changes: ClassVar[bool] = True
    """The end of the session must outlive the refusal."""

    def __init__(self, session_uuid: str) -> None:
        super().__init__(EndReason.REUSED)
        self.session_uuid = session_uuid


class SessionNotFound(AppError):
    """The caller has no live session with this id; others' sessions look the same."""
