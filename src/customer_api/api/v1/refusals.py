"""Refusals of resources that have no feature behind them (yet)."""

from customer_api.core.errors import AppError


class OrderNotFound(AppError):
    """No such order of the caller; others' orders look the same."""


class OrdersNotOwned(AppError):
    """Orders of another reference than the caller's were asked for."""


class StoreNotFound(AppError):
    """There is no store of this name here."""


class WishlistNotFound(AppError):
    """No such wishlist of the caller."""
