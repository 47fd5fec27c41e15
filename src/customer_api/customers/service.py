"""The customer's own profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.ids import Reference
from customer_api.core.types import Claims
from customer_api.customers import repository
from customer_api.customers.errors import (
    CustomerNotFound,
    EmailTooLong,
    NotOwner,
    PasswordsDiffer,
)
from customer_api.customers.models import Customer, Session, Units

EMAIL_MAX_LENGTH: Final = 100
"""Storefront contract 3.1, code 417; the column takes imported addresses up to RFC 5321's limit."""


@dataclass(frozen=True, slots=True)
class ChangeProfile:
    """Command: change the profile."""

    values: Mapping[str, object]
    """Column name to new value; what is absent stays."""
    password: str | None
    """Never applied: storefront forms send one along, so only its repetition is compared."""
    confirm_password: str | None


class CustomerService:
    """Reads and changes the profile of the customer who calls."""

    def __init__(self, *, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def current(self, claims: Claims) -> Customer:
        """Return the caller."""
        return await self._units.read_as(claims, lambda _, session: session.customer)

    async def profile(self, claims: Claims, reference: str) -> Customer:
        """Return the caller, asked for by reference.

        Raises:
            CustomerNotFound: the reference is not the caller's own, whether it exists or not.
        """

        def work(_: Connection, session: Session) -> Customer:
            if session.customer.reference != reference:
                raise CustomerNotFound
            return session.customer

        return await self._units.read_as(claims, work)

    async def change_profile(
        self, claims: Claims, reference: str, command: ChangeProfile
    ) -> Customer:
        """Change the profile and return it as it is now; a command without values is fine.

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
            PasswordsDiffer: a password was sent along and its repetition is another one.
            EmailTooLong: more than 100 characters.
            EmailTaken: another account has the new address.
        """

        def work(connection: Connection, session: Session) -> Customer:
            require_owner(session, reference)
            if command.password is not None and command.password != command.confirm_password:
                raise PasswordsDiffer
            check_email_length(command.values.get("email"))
            if not command.values:
                return session.customer
            return repository.change(
                connection, session.customer.id, command.values, now=self._clock.now()
            )

        return await self._units.write_as(claims, work)


def require_owner(session: Session, reference: str) -> None:
    """Raise `NotOwner` unless the reference is the session's customer."""
    if session.customer.reference != Reference(reference):
        raise NotOwner


def check_email_length(email: object) -> None:
    """Raise `EmailTooLong` for an address over the contract's limit."""
    if isinstance(email, str) and len(email) > EMAIL_MAX_LENGTH:
        raise EmailTooLong
