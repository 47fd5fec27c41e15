"""Refusals about notes."""

from customer_api.core.errors import AppError


class NoteNotFound(AppError):
    """The customer has no such note; those of others look the same."""
