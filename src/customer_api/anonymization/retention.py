"""Forgetting what is kept for a time only: unconfirmed registrations and old counters."""

import asyncio
import contextlib
import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from customer_api.anonymization.models import Actor
from customer_api.anonymization.service import AnonymizationService, record_erasure
from customer_api.core.clock import Clock
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.ids import CustomerId
from customer_api.customers import repository as customers
from customer_api.customers.models import Customer, Units
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
                await self.erase_unconfirmed()
                await self._units.scrub()  # somebody may have been reading when it was tried before
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens
                logger.error("retention_failed", extra={"code": type(error).__name__})  # noqa: TRY400 - tracebacks hold addresses
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), INTERVAL_SECONDS)

    async def erase_unconfirmed(self) -> int:
        """Erase overdue registrations, each in a transaction of its own; returns how many.

        One that cannot be erased is logged and tried again the next time; the others are not held
        up. Nothing ever happens when the time to live is 0 days (never).
        """
        if self._unconfirmed_ttl_days == 0:
            return 0
        before = self._clock.now() - timedelta(days=self._unconfirmed_ttl_days)
        erased, last = 0, CustomerId(0)
        while overdue := await self._units.read(
            partial(registrations.list_expired, attempted_before=before, after=last, limit=BATCH)
        ):
            for customer_id in overdue:
                erased += await self._try_to_erase(customer_id, before)
            last = overdue[-1]
        if erased:
            await self._units.scrub()
        return erased

    async def purge_counters(self) -> int:
        """Delete counters of logins and mails that count no more; returns how many."""
        before = self._clock.now() - rate_limit.MEMORY
        return await self._units.write(lambda connection: rate_limit.purge(connection, before))

    async def _try_to_erase(self, customer_id: CustomerId, before: datetime) -> bool:
        def work(connection: Connection) -> Customer | None:
            customer = customers.lock(connection, customer_id)
            if not registrations.is_expired(connection, customer_id, attempted_before=before):
                return None  # confirmed, erased or attempted again since the list was read
            self._anonymization.erase(connection, customer, Actor.RETENTION)
            return customer

        try:
            customer = await self._units.write(work)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a plugin raises
            extra = {"customer_id": customer_id, "code": type(error).__name__}
            logger.error("customer_not_erased", extra=extra)  # noqa: TRY400 - tracebacks hold addresses
            return False
        if customer is not None:
            record_erasure(customer.reference, Actor.RETENTION)
        return customer is not None
