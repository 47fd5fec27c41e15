"""Refusals about orders."""

from customer_api.core.errors import AppError


class OrderReferenceInvalid(AppError):
    """What the path has as a reference can be none: it is too long, a step such as .., or has control characters."""


class OrderUnknown(AppError):
    """No order with this reference has come here."""
