"""The customer's own profile."""

from collections.abc import Collection, Mapping
from typing import Final

from customer_api.core.ids import Reference
from customer_api.core.types import Claims
from customer_api.customers.errors import (
    EmailTooLong,
    LocaleUnknown,
    NotOwner,
    NotWhileImpersonating,
)
from customer_api.customers.models import Access, Customer, Units

EMAIL_MAX_LENGTH: Final = 100
"""Storefront contract 3.1, code 417; the column takes imported addresses up to RFC 5321's limit."""


class CustomerService:
    """Reads the profile of the customer who calls."""

    def __init__(self, *, units: Units) -> None:
        self._units = units

    async def current(self, claims: Claims) -> Customer:
        """Return the caller."""
        return await self._units.read_as(claims, lambda _, session: session.customer)


def require_owner(session: Access, reference: str) -> None:
    """Raise `NotOwner` unless the reference is the customer to whom there is access."""
    if session.customer.reference != Reference(reference):
        raise NotOwner


def locale_of(tag: str) -> str:
    """Return a language tag in the spelling that locales have here: `de-DE` is `de_DE`."""
    return tag.replace("-", "_")


def check_locale(locale: object, locales: Collection[str]) -> None:
    """Raise `LocaleUnknown` for a locale that is none of these; None is fine."""
    if locale is not None and locale not in locales:
        raise LocaleUnknown


def differing(customer: Customer, values: Mapping[str, object]) -> dict[str, object]:
    """Return those values, by column, that a customer does not have already."""
    return {name: value for name, value in values.items() if getattr(customer, name) != value}


def require_customer(session: Access) -> None:
    """Raise `NotWhileImpersonating` when an operator acts as the customer."""
    if session.impersonator is not None:
        raise NotWhileImpersonating


def check_email_length(email: object) -> None:
    """Raise `EmailTooLong` for an address over the contract's limit."""
    if isinstance(email, str) and len(email) > EMAIL_MAX_LENGTH:
        raise EmailTooLong
