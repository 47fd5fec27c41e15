"""A customer's own account, put together from its sections for the storefront."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from customer_api.addresses.models import BookEntry
from customer_api.addresses.service import book_of
from customer_api.core.keyset import CursorPage
from customer_api.core.types import Claims
from customer_api.customers.errors import CustomerNotFound
from customer_api.customers.models import Customer, Session, Units
from customer_api.customers.service import require_owner
from customer_api.newsletter.models import NamedSubscription
from customer_api.orders import repository as orders
from customer_api.orders.models import OrderHead
from customer_api.profiles.overview_repository import find_defaults_and_newsletters

MOST_ORDERS: Final = 100
"""Orders beside a customer, the last placed first; the history has the older ones."""
LAST_ORDERS: Final = 5
"""Orders in the overview."""


class Section(StrEnum):
    """What is shown beside a customer on demand."""

    ADDRESSES = "addresses"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True)
class Sections:
    """What belongs to a customer; what nobody asked for is empty."""

    book: tuple[BookEntry, ...] = ()
    """In the order of creation."""
    orders: tuple[OrderHead, ...] = ()
    """The last placed first, `MOST_ORDERS` of them."""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer with sections of the account."""

    customer: Customer
    sections: Sections


@dataclass(frozen=True, slots=True)
class Overview:
    """What the first page of an account shows."""

    customer: Customer
    default_billing: BookEntry | None
    default_shipping: BookEntry | None
    last_orders: tuple[OrderHead, ...]
    """The last placed first, `LAST_ORDERS` of them."""
    newsletters: tuple[NamedSubscription, ...]
    """By name, ended ones too."""


class AccountService:
    """Shows customers their accounts."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def account(
        self, claims: Claims, reference: str | None, wanted: Collection[Section]
    ) -> Account:
        """Return the caller with sections; None as reference means who calls.

        Raises:
            CustomerNotFound: the reference is not the caller's own, whether it exists or not.
        """

        def work(connection: Connection, session: Session) -> Account:
            customer = session.customer
            if reference is not None and customer.reference != reference:
                raise CustomerNotFound
            return Account(customer, _sections(connection, customer, wanted))

        return await self._units.read_as(claims, work)

    async def sections(
        self, claims: Claims, reference: str, wanted: Collection[Section]
    ) -> Sections:
        """Return sections of the caller's account alone.

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
        """

        def work(connection: Connection, session: Session) -> Sections:
            require_owner(session, reference)
            return _sections(connection, session.customer, wanted)

        return await self._units.read_as(claims, work)

    async def overview(self, claims: Claims, reference: str) -> Overview:
        """Return the overview of the caller's account.

        It takes two statements behind the check of the session, which loads the customer.

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
        """

        def work(connection: Connection, session: Session) -> Overview:
            require_owner(session, reference)
            customer = session.customer
            (billing, shipping), newsletters = find_defaults_and_newsletters(connection, customer)
            return Overview(
                customer,
                default_billing=billing,
                default_shipping=shipping,
                last_orders=_last_orders(connection, customer, LAST_ORDERS),
                newsletters=newsletters,
            )

        return await self._units.read_as(claims, work)


def _sections(connection: Connection, customer: Customer, wanted: Collection[Section]) -> Sections:
    return Sections(
        book=book_of(connection, customer) if Section.ADDRESSES in wanted else (),
        orders=_last_orders(connection, customer, MOST_ORDERS) if Section.ORDERS in wanted else (),
    )


def _last_orders(connection: Connection, customer: Customer, most: int) -> tuple[OrderHead, ...]:
    return orders.list_of_customer(connection, customer.id, CursorPage(most)).entries
