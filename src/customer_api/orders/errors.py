"""Refusals about orders."""

from customer_api.core.errors import AppError


class OrderReferenceInvalid(AppError):
    """The reference in the path is too long for one."""


class OrderUnknown(AppError):
    """No order with this reference has come here."""
