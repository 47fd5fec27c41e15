"""Orders: taken over from the order system as they are, and shown to those who look after customers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import Acting, Action, Actor
from customer_api.core.clock import Clock
from customer_api.core.db import Keep, UnitsOfWork, keep_nothing
from customer_api.core.ids import CustomerId
from customer_api.core.keyset import CursorPage, Part
from customer_api.core.states import ANY_STATE, NOT_THERE, ExpectedState
from customer_api.core.types import Claims
from customer_api.customers import repository as customers
from customer_api.customers.errors import CustomersUnknown
from customer_api.customers.models import CustomerUnits
from customer_api.orders import repository
from customer_api.orders.content import as_claimed, values_of
from customer_api.orders.errors import OrderReferenceInvalid, OrderUnknown
from customer_api.orders.models import (
    REFERENCE,
    Order,
    OrderHead,
    Outcome,
    Pushed,
    PushOrder,
)

# In this order: what is created and replaced by the same batch was created first.
_EVENTS: Final = {Outcome.CREATED: Action.ORDER_CREATED, Outcome.REPLACED: Action.ORDER_REPLACED}


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one order of a batch."""

    reference: str
    outcome: Outcome | None
    """None when no customer has the reference that the order names."""


class OrderService:
    """Keeps orders. The order system owns them, so a push replaces all that was there.

    The same content again is no change. An order can name an anonymized customer: what happens to
    it afterwards belongs to the books, too. Pushes are events about the order, by its reference;
    looking at one is an event about the customer.

    `keep` is given the result inside its transaction (`UnitsOfWork.write`).
    """

    def __init__(
        self, *, units: UnitsOfWork[Acting], of_customer: CustomerUnits, clock: Clock
    ) -> None:
        self._units = units
        self._of_customer = of_customer
        self._clock = clock

    async def list_page(self, claims: Claims, page: CursorPage) -> Part[OrderHead]:
        """Return a page of the orders of the customer to whom there is access, the last one first.

        Raises:
            CursorUnknown: the customer has no order with the reference that the cursor is.
        """
        return await self._of_customer.read_as(
            claims, lambda it, access: repository.list_of_customer(it, access.customer.id, page)
        )

    async def order(self, claims: Claims, reference: str) -> Order:
        """Return an order.

        Raises:
            OrderUnknown: none with this reference has come here.
        """

        def work(connection: Connection, acting: Acting) -> tuple[Order, Actor]:
            order = repository.find(connection, reference)
            if order is None:
                raise OrderUnknown
            return order, acting.actor

        order, actor = await self._units.read_as(claims, work)
        subject = order.head.customer_reference or order.head.reference
        now = self._clock.now()
        await self._units.write(
            lambda it: audit.add(it, actor, Action.ORDERS_READ, subject, now=now)
        )
        return order

    async def push(
        self,
        claims: Claims,
        command: PushOrder,
        *,
        expected: ExpectedState = ANY_STATE,
        keep: Keep[Pushed] = keep_nothing,
    ) -> Pushed:
        """Store an order.

        Raises:
            OrderReferenceInvalid: the reference can be none.
            CustomersUnknown: no customer has the reference that the order names.
            StateOutdated: the order is in none of the expected states; `NOT_THERE` is one.
        """

        def work(connection: Connection, acting: Acting) -> Pushed:
            if not re.fullmatch(REFERENCE, command.reference):
                raise OrderReferenceInvalid
            owners = _lock_owners(connection, [command])
            if command.customer_reference not in owners:
                raise CustomersUnknown([command.customer_reference or ""])
            outcome = self._store(connection, command, owners, expected)
            self._note(connection, acting.actor, [(command.reference, outcome)])
            order = repository.find(connection, command.reference)
            assert order is not None, "it is stored"
            return Pushed(order, outcome)

        return await self._units.write_as(claims, work, keep)

    async def push_all(
        self,
        claims: Claims,
        commands: Sequence[PushOrder],
        *,
        keep: Keep[tuple[BatchResult, ...]] = keep_nothing,
    ) -> tuple[BatchResult, ...]:
        """Store several orders in one transaction, but for those that name unknown customers.

        Each of the others is stored whole. Of two with the same reference the later one stays. The
        results are in the order of the commands.
        """

        def work(connection: Connection, acting: Acting) -> tuple[BatchResult, ...]:
            owners = _lock_owners(connection, commands)
            outcomes: dict[int, Outcome] = {}
            # By reference, so that two batches with the same orders do not wait for each other.
            places = sorted(range(len(commands)), key=lambda place: commands[place].reference)
            for place in places:
                command = commands[place]
                if command.customer_reference in owners:
                    outcomes[place] = self._store(connection, command, owners, ANY_STATE)
            stored = [(commands[place].reference, it) for place, it in outcomes.items()]
            self._note(connection, acting.actor, stored)
            return tuple(
                BatchResult(command.reference, outcomes.get(place))
                for place, command in enumerate(commands)
            )

        return await self._units.write_as(claims, work, keep)

    def _store(
        self,
        connection: Connection,
        command: PushOrder,
        owners: Mapping[str | None, CustomerId | None],
        expected: ExpectedState,
    ) -> Outcome:
        values = values_of(command, owners[command.customer_reference])
        now = self._clock.now()
        found = repository.lock(connection, command.reference)
        if found is None:
            expected.require_absence(NOT_THERE)
            if repository.add(connection, command.reference, values, now=now):
                return Outcome.CREATED
            found = repository.lock(connection, command.reference)  # somebody was faster
            assert found is not None, "orders are never deleted"
        expected.require(found.head.etag_state)
        values = as_claimed(values, customer_id=found.customer_id, is_closed=found.is_closed)
        if _content(found) == {name: values[name] for name in repository.CONTENT}:
            return Outcome.UNCHANGED
        repository.replace(connection, command.reference, values, now=now)
        return Outcome.REPLACED

    def _note(
        self, connection: Connection, actor: Actor, stored: Sequence[tuple[str, Outcome]]
    ) -> None:
        now = self._clock.now()
        for outcome, action in _EVENTS.items():
            references = [reference for reference, became in stored if became is outcome]
            audit.add_each(connection, actor, action, references, now=now)


def _lock_owners(
    connection: Connection, commands: Sequence[PushOrder]
) -> dict[str | None, CustomerId | None]:
    """Return the customers that orders name by reference, with nobody by None, and lock them."""
    named = sorted({it.customer_reference for it in commands if it.customer_reference is not None})
    found = customers.lock_by_references(connection, named)
    return {None: None} | {reference: customer.id for reference, customer in found.items()}


def _content(order: Order) -> dict[str, object]:
    head = order.head
    return {
        "customer_id": order.customer_id,
        "placed_at": head.placed_at,
        "currency": head.currency,
        "price_mode": head.price_mode,
        "state": head.state,
        "totals": head.totals,
        "content": order.content,
        "billing_address": order.billing_address,
        "shipping_address": order.shipping_address,
        "guest_email_key": order.guest_email_key,
    }
