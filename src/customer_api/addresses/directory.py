"""The list of all customers, with their default addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from customer_api.addresses import repository
from customer_api.core.db import UnitsOfWork
from customer_api.core.types import Claims
from customer_api.customers.models import Customer
from customer_api.customers.search import pages as customers
from customer_api.customers.search.pages import PageRequest, Search


class Counting(StrEnum):
    """How the customers of all pages are counted."""

    EXACT = "exact"
    ESTIMATED = "estimated"


@dataclass(frozen=True, slots=True)
class ListedCustomer:
    """A customer with the uuids of their default addresses; None where there is none."""

    customer: Customer
    default_billing: str | None
    default_shipping: str | None


@dataclass(frozen=True, slots=True)
class CustomerList:
    """A page of the list."""

    entries: tuple[ListedCustomer, ...]
    has_previous: bool
    has_next: bool
    total: int | None
    """Customers of all pages; None when nobody asked."""

    @property
    def shown(self) -> tuple[str, ...]:
        """References of the customers on the page."""
        return tuple(it.customer.reference for it in self.entries)


class CustomerDirectory:
    """Lists customers, for those who look after them."""

    def __init__(self, units: UnitsOfWork[object]) -> None:
        self._units = units

    async def find(
        self, claims: Claims, search: Search, page: PageRequest, counting: Counting | None = None
    ) -> CustomerList:
        """Return a page of the customers that are wanted.

        Raises:
            CursorUnknown: nobody has the place that is named any more.
        """

        def work(connection: Connection, _caller: object) -> CustomerList:
            found = customers.find_page(connection, search, page)
            return CustomerList(
                with_default_uuids(connection, found.entries),
                has_previous=found.has_previous,
                has_next=found.has_next,
                total=_total(connection, search, counting),
            )

        return await self._units.read_as(claims, work)


def with_default_uuids(
    connection: Connection, found: Sequence[Customer]
) -> tuple[ListedCustomer, ...]:
    """Return customers with their default addresses, in the same order."""
    ids = [
        address_id
        for customer in found
        for address_id in (
            customer.default_billing_address_id,
            customer.default_shipping_address_id,
        )
        if address_id is not None
    ]
    uuids = repository.find_uuids(connection, ids)
    return tuple(
        ListedCustomer(
            customer,
            default_billing=uuids.get(customer.default_billing_address_id),
            default_shipping=uuids.get(customer.default_shipping_address_id),
        )
        for customer in found
    )


def _total(connection: Connection, search: Search, counting: Counting | None) -> int | None:
    if counting is None:
        return None
    is_exact = counting is Counting.EXACT
    return (customers.count if is_exact else customers.estimate)(connection, search)
