"""Refusals about repeated requests."""

from customer_api.core.errors import AppError


class IdempotencyKeyReused(AppError):
    """The caller has sent another request with this key before."""


class RequestInProgress(AppError):
    """The first request with this key has no answer yet."""

    retry_after_seconds = 1
