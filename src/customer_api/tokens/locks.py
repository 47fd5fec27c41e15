"""Locking customers out, and letting them in again."""

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.credentials.models import Purpose
from customer_api.credentials.voiding import void_keys
from customer_api.customers import repository as customers
from customer_api.customers.models import Access, Customer, CustomerUnits
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository


class LockService:
    """Locks accounts. Who is locked out cannot log in, and is not told why."""

    def __init__(self, *, units: CustomerUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def lock(
        self, claims: Claims, reason: str, *, keep: Keep[Customer] = keep_nothing
    ) -> Customer:
        """Lock a customer, or give another reason; all sessions end at once, on every worker.

        A pending change of the e-mail address ends, too. A restored password does not unlock.
        """

        def work(connection: Connection, access: Access) -> Customer:
            now = self._clock.now()
            customer = access.customer
            repository.end_all_sessions(connection, customer.id, EndReason.LOCKED, now=now)
            void_keys(connection, customer.id, Purpose.EMAIL_CHANGE, now=now)
            values = {"locked_at": customer.locked_at or now, "lock_reason": reason}
            return customers.change(connection, customer.id, values, now=now)

        customer = await self._units.write_as(claims, work, keep)
        record(SecurityEvent.CUSTOMER_LOCKED, reference=customer.reference)
        return customer

    async def unlock(self, claims: Claims, *, keep: Keep[Customer] = keep_nothing) -> Customer:
        """Let a customer log in again; nothing changes for one who is not locked."""

        def work(connection: Connection, access: Access) -> Customer:
            if access.customer.locked_at is None:
                return access.customer
            values = {"locked_at": None, "lock_reason": None}
            return customers.change(connection, access.customer.id, values, now=self._clock.now())

        customer = await self._units.write_as(claims, work, keep)
        record(SecurityEvent.CUSTOMER_UNLOCKED, reference=customer.reference)
        return customer
