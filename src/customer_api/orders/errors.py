"""Refusals about orders."""

from customer_api.core.errors import AppError
from customer_api.customers.errors import NotOwner


class OrderReferenceInvalid(AppError):
    """What the path has as a reference can be none: it is too long, a step such as .., or has control characters."""


class OrderUnknown(AppError):
    """There is no order with this reference; to customers, others' orders look the same."""


class OrdersNotOwned(NotOwner):
    """Orders of another reference than the caller's were asked for."""
