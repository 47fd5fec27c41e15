"""The root of all expected refusals.

AppError
 +- Unavailable           try again later; always a 503 with Retry-After
 |   +- DatabaseUnavailable
 +- SeveralRefused        things in one request, each answered by an error of its own
 +- CredentialRefused     a token that is no good (any more); always a 401
 |   +- TokenRefused      a bearer token whose session does not live any more

Everything else is declared in the feature that raises it. An error names a situation and carries
no wire code: each published API version maps classes to codes in a table of its own.
"""

from collections.abc import Sequence
from typing import ClassVar


class AppError(Exception):
    """An expected refusal: nothing is broken, the answer is no."""

    keeps_changes: ClassVar[bool] = False
    """Whether the unit of work that raises it commits all the same (counters, revocations)."""


class Unavailable(AppError):
    """Something the request needs cannot be had at the moment."""

    def __init__(self, retry_after_seconds: int = 1) -> None:
        super().__init__(f"unavailable, retry after {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class DatabaseUnavailable(Unavailable):
    """The database is down, unreachable, full or too busy to answer in time."""


class SeveralRefused(AppError):
    """Some of the things that a request names, refused for the same reason."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"{len(names)} refused")
        self.names = tuple(names)


class CredentialRefused(AppError):
    """A token cannot be used (any more).

    `reason` is a word for programs, such as `expired`; None for what was never a token of ours and
    where the reason is nobody's business.
    """

    def __init__(self, reason: str | None = None) -> None:
        super().__init__(reason or "refused")
        self.reason = reason


class TokenRefused(CredentialRefused):
    """The session of an otherwise good access token has ended, or its customer is gone."""
