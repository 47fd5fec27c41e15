"""A customer and what belongs to them, for one document.

Each part is read as it is at that moment: what is committed in between can be in a later part alone.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from customer_api.addresses.models import BookEntry
from customer_api.addresses.service import book_of
from customer_api.core.keyset import CursorPage
from customer_api.core.types import Claims
from customer_api.customers.models import Customer
from customer_api.groups import repository as groups
from customer_api.groups.models import Group
from customer_api.notes import repository as notes
from customer_api.notes.models import Note
from customer_api.operators.models import OperatedCustomer, OperatedUnits
from customer_api.operators.scopes import Scope
from customer_api.orders import repository as orders
from customer_api.orders.models import OrderHead

MOST: Final = 100
"""Notes and orders beside a customer; their lists have the older ones."""


class Related(StrEnum):
    """What is shown beside a customer on demand, and takes a scope of its own."""

    NOTES = "notes"
    GROUPS = "customer-groups"
    ORDERS = "orders"


SCOPES: Final = {
    Related.NOTES: Scope.NOTES_READ,
    Related.GROUPS: Scope.GROUPS_READ,
    Related.ORDERS: Scope.ORDERS_READ,
}


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer; what nobody asked for is empty."""

    customer: Customer
    book: tuple[BookEntry, ...]
    notes: tuple[Note, ...]
    """The newest first, `MOST` of them."""
    groups: tuple[Group, ...]
    orders: tuple[OrderHead, ...]
    """The last placed first, `MOST` of them."""


class ProfileService:
    """Shows customers together with what is kept about them."""

    def __init__(self, units: OperatedUnits) -> None:
        self._units = units

    async def profile(self, claims: Claims, related: Collection[Related]) -> Profile:
        """Return the customer that the claims name, who may be anonymized.

        Raises:
            InsufficientScope: the caller may not see something that is `related`.
        """

        def work(connection: Connection, access: OperatedCustomer) -> Profile:
            access.caller.require(frozenset(SCOPES[it] for it in related))
            customer, newest = access.customer, CursorPage(MOST)
            return Profile(
                customer,
                book_of(connection, customer),
                notes=notes.list_page(connection, customer.id, newest).entries
                if Related.NOTES in related
                else (),
                groups=groups.list_of_customer(connection, customer.id)
                if Related.GROUPS in related
                else (),
                orders=orders.list_of_customer(connection, customer.id, newest).entries
                if Related.ORDERS in related
                else (),
            )

        return await self._units.read_as(claims, work)
