"""The history of orders, for the customer whose orders they are."""

import re

from sqlalchemy import Connection

from customer_api.core.types import Claims
from customer_api.customers.models import Session, Units
from customer_api.orders import repository, search
from customer_api.orders.errors import OrdersNotOwned, OrderUnknown
from customer_api.orders.models import REFERENCE, Order
from customer_api.orders.search import FoundOrders, OrderSearch


class OrderHistory:
    """Shows customers their own orders, as the order system pushed them."""

    def __init__(self, units: Units) -> None:
        self._units = units

    async def list_page(
        self,
        claims: Claims,
        reference: str | None,
        wanted: OrderSearch,
        *,
        offset: int,
        limit: int,
    ) -> FoundOrders:
        """Return a part of what is found of the caller's orders; None as reference means who calls.

        Raises:
            OrdersNotOwned: the reference is not the caller's own, whether it exists or not.
        """

        def work(connection: Connection, session: Session) -> FoundOrders:
            customer = session.customer
            if reference is not None and customer.reference != reference:
                raise OrdersNotOwned
            return search.find_page(connection, customer.id, wanted, offset=offset, limit=limit)

        return await self._units.read_as(claims, work)

    async def order(self, claims: Claims, order_reference: str) -> Order:
        """Return one order of the caller.

        Raises:
            OrderUnknown: none of the caller's has this reference.
        """
        return await self._units.read_as(
            claims, lambda it, session: get_own(it, session, order_reference)
        )


def get_own(connection: Connection, session: Session, order_reference: str) -> Order:
    """Return an order of the customer to whom there is access.

    Raises:
        OrderUnknown: none of theirs has this reference; others' orders look the same.
    """
    order = None
    if re.fullmatch(REFERENCE, order_reference):  # PostgreSQL does not look for every text
        order = repository.find_of_customer(connection, session.customer.id, order_reference)
    if order is None:
        raise OrderUnknown
    return order
