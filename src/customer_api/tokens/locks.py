"""Locking customers out, and letting them in again."""

from dataclasses import dataclass

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import Keep, keep_nothing
from customer_api.core.types import Claims
from customer_api.credentials.models import Purpose
from customer_api.credentials.voiding import void_keys
from customer_api.customers import repository as customers
from customer_api.customers.models import Access, Customer, CustomerUnits
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security.login_limits import forget_failures
from customer_api.security.refresh_tokens import EndReason
from customer_api.tokens import repository


@dataclass(frozen=True, slots=True)
class LockChange:
    """What has become of a lock."""

    customer: Customer
    """As it is now."""
    has_changed: bool
    """Whether it was another way before (`audit.models.Attempt`)."""


class LockService:
    """Locks accounts. Who is locked out cannot log in, and is not told why."""

    def __init__(self, *, units: CustomerUnits, clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def lock(
        self, claims: Claims, reason: str, *, keep: Keep[LockChange] = keep_nothing
    ) -> LockChange:
        """Lock a customer, or give another reason; all sessions end at once, on every worker.

        A pending change of the e-mail address ends, too. A restored password does not unlock. For one
        who is locked for this reason nothing changes.
        """

        def work(connection: Connection, access: Access) -> LockChange:
            now = self._clock.now()
            customer = access.customer
            if customer.locked_at is not None and customer.lock_reason == reason:
                return LockChange(customer, has_changed=False)
            repository.end_all_sessions(connection, customer.id, EndReason.LOCKED, now=now)
            void_keys(connection, customer.id, Purpose.EMAIL_CHANGE, now=now)
            values = {"locked_at": customer.locked_at or now, "lock_reason": reason}
            locked = customers.change(connection, customer.id, values, now=now)
            return LockChange(locked, has_changed=True)

        change = await self._units.write_as(claims, work, keep)
        if change.has_changed:
            record(SecurityEvent.CUSTOMER_LOCKED, reference=change.customer.reference)
        return change

    async def unlock(self, claims: Claims, *, keep: Keep[LockChange] = keep_nothing) -> LockChange:
        """Let a customer log in again; nothing changes for one who is not locked.

        What failed while they were locked out is forgotten, so that it does not keep them waiting.
        """

        def work(connection: Connection, access: Access) -> LockChange:
            customer = access.customer
            if customer.locked_at is None:
                return LockChange(customer, has_changed=False)
            values = {"locked_at": None, "lock_reason": None}
            unlocked = customers.change(connection, customer.id, values, now=self._clock.now())
            forget_failures(connection, customer.email_key)
            return LockChange(unlocked, has_changed=True)

        change = await self._units.write_as(claims, work, keep)
        if change.has_changed:
            record(SecurityEvent.CUSTOMER_UNLOCKED, reference=change.customer.reference)
        return change
