"""Refusals about audit events."""

from customer_api.core.errors import AppError


class AuditEventNotFound(AppError):
    """There is no event with this id."""
