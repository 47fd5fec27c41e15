"""Refusals of resources that have no feature behind them (yet)."""

from customer_api.core.errors import AppError


class StoreNotFound(AppError):
    """There is no store of this name here."""


class WishlistNotFound(AppError):
    """No such wishlist of the caller."""


class WishlistItemRefused(AppError):
    """The item cannot be added to that wishlist."""


class ShoppingListNotFound(AppError):
    """No such shopping list of the caller."""
