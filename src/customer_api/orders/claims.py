"""Claiming orders that a customer placed as a guest."""

from typing import Final

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.customers import repository as customers
from customer_api.customers.errors import MailboxUnproven
from customer_api.customers.models import Session, Units
from customer_api.customers.service import require_customer, require_owner
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.orders import guests

MOST: Final = 500
"""Orders of one call; who has more calls again."""


class OrderClaims:
    """Makes orders of guests those of the customer whose mailbox their address is."""

    def __init__(self, *, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def claim(
        self,
        claims: Claims,
        reference: str,
        *,
        keep: Keep[tuple[str, ...]] = keep_nothing,
    ) -> tuple[str, ...]:
        """Take over the caller's orders as a guest, and return their references.

        They come in no other way: neither a login nor a confirmation claims anything. Nobody learns
        whether there are orders of an address but who reads its mailbox. Claiming again returns
        what has come since. `keep` is given the result inside its transaction.

        Raises:
            NotOwner: the reference is not the caller's own, whether it exists or not.
            NotWhileImpersonating: an operator acts as the customer.
            MailboxUnproven: the caller has never used a key that was mailed to the present address.
        """

        def work(connection: Connection, session: Session) -> tuple[str, ...]:
            require_owner(session, reference)
            require_customer(session)
            customer = session.customer
            if not customers.has_proven_mailbox(connection, customer.id):
                raise MailboxUnproven
            return guests.claim(connection, customer, most=MOST, now=self._clock.now())

        claimed = await self._units.write_as(claims, work, keep)
        if claimed:
            fields: dict[str, str | int] = {"session": claims.session, "orders": len(claimed)}
            record(SecurityEvent.GUEST_ORDERS_CLAIMED, reference=reference, **fields)
        return claimed
