"""Erasing registrations that were never confirmed."""

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

logger = logging.getLogger(__name__)

BATCH: Final = 100


class UnconfirmedRetention:
    """Anonymizes customers who signed up by double opt-in and never confirmed."""

    def __init__(
        self, *, units: Units, clock: Clock, anonymization: AnonymizationService, ttl_days: int
    ) -> None:
        self._units = units
        self._clock = clock
        self._anonymization = anonymization
        self._ttl_days = ttl_days

    async def run_once(self) -> int:
        """Erase up to `BATCH` overdue registrations, each in a transaction of its own.

        Returns the number erased; 0 always when the time to live is 0 days (never).
        """
        if self._ttl_days == 0:
            return 0
        before = self._clock.now() - timedelta(days=self._ttl_days)
        overdue = await self._units.read(
            lambda connection: registrations.list_expired(
                connection, attempted_before=before, limit=BATCH
            )
        )
        for customer_id in overdue:
            await self._erase(customer_id)
        return len(overdue)

    async def _erase(self, customer_id: CustomerId) -> None:
        def work(connection: Connection) -> bool:
            customer = customers.lock(connection, customer_id)
            if customer.is_registered or customer.anonymized_at is not None:
                return False  # confirmed or erased since the list was read
            self._anonymization.erase(connection, customer, Actor.RETENTION)
            return True

        if await self._units.write(work):
            logger.info("customer_erased", extra={"actor": Actor.RETENTION})
