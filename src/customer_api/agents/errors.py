"""Refusals about agents."""

from customer_api.core.errors import AppError


class ImpersonationFailed(AppError):
    """There is no customer with this reference, or only what an erasure left of one."""
