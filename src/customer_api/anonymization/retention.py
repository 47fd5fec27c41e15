"""Forgetting what is kept for a time only: unconfirmed registrations and old counters."""

import asyncio
import contextlib
import logging
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from customer_api.anonymization.models import Actor
from customer_api.anonymization.service import AnonymizationService
from customer_api.core.clock import Clock
from customer_api.core.ids import CustomerId
from customer_api.customers import repository as customers
from customer_api.customers.models import Units
from customer_api.registration import repository as registrations
from customer_api.security import rate_limit

logger = logging.getLogger(__name__)

BATCH: Final = 100
INTERVAL_SECONDS: Final = 600.0


class Retention:
    """Erases registrations by double opt-in that were never confirmed, and purges counters."""

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        anonymization: AnonymizationService,
        unconfirmed_ttl_days: int,
    ) -> None:
        self._units = units
        self._clock = clock
        self._anonymization = anonymization
        self._unconfirmed_ttl_days = unconfirmed_ttl_days

    async def run(self, stop: asyncio.Event) -> None:
        """Do the work every few minutes until `stop` is set."""
        while not stop.is_set():
            try:
                await self.purge_counters()
                while await self.erase_unconfirmed() and not stop.is_set():
                    pass
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens
                logger.error("retention_failed", extra={"code": type(error).__name__})  # noqa: TRY400 - tracebacks hold addresses
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), INTERVAL_SECONDS)

    async def erase_unconfirmed(self) -> int:
        """Erase up to `BATCH` overdue registrations, each in a transaction of its own.

        Returns the number looked at; 0 always when the time to live is 0 days (never).
        """
        if self._unconfirmed_ttl_days == 0:
            return 0
        before = self._clock.now() - timedelta(days=self._unconfirmed_ttl_days)
        overdue = await self._units.read(
            lambda connection: registrations.list_expired(
                connection, attempted_before=before, limit=BATCH
            )
        )
        for customer_id in overdue:
            await self._erase(customer_id)
        return len(overdue)

    async def purge_counters(self) -> int:
        """Delete counters of logins and mails that count no more; returns how many."""
        before = self._clock.now() - rate_limit.MEMORY
        return await self._units.write(lambda connection: rate_limit.purge(connection, before))

    async def _erase(self, customer_id: CustomerId) -> None:
        def work(connection: Connection) -> bool:
            customer = customers.lock(connection, customer_id)
            if customer.is_registered or customer.anonymized_at is not None:
                return False  # confirmed or erased since the list was read
            self._anonymization.erase(connection, customer, Actor.RETENTION)
            return True

        if await self._units.write(work):
            logger.info("customer_erased", extra={"actor": Actor.RETENTION})
