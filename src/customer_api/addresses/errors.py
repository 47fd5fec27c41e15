"""Refusals about addresses."""

from customer_api.core.errors import AppError


class AddressNotFound(AppError):
    """No such address in the caller's book; others' addresses look the same."""


class CountryUnknown(AppError):
    """No country has this code."""
