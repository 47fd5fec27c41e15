"""Forgetting what is kept for a time only; docs/privacy.md has the table of what and how long."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection

from customer_api.anonymization.models import Actor
from customer_api.anonymization.service import AnonymizationService, record_erasure
from customer_api.core.clock import Clock
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.ids import CustomerId
from customer_api.credentials import repository as credentials
from customer_api.customers import repository as customers
from customer_api.customers.models import Customer, Units
from customer_api.customers.search import pages as search
from customer_api.events import log as events
from customer_api.idempotency import repository as requests
from customer_api.mail.outbox import Outbox
from customer_api.newsletter import repository as newsletters
from customer_api.operators import session_repository as operator_sessions
from customer_api.orders import guests as guest_orders
from customer_api.registration import repository as registrations
from customer_api.security import counters
from customer_api.tokens import repository as tokens

logger = logging.getLogger(__name__)

BATCH: Final = 100
PURGE_BATCH: Final = 500
"""Rows of one unit; no transaction of a purge holds up anybody for long."""
INTERVAL_SECONDS: Final = 600.0
KEY_MEMORY: Final = timedelta(days=1)
"""How long after its end a mailed key is remembered; it works no more, so nobody needs it."""
LATE: Final = timedelta(minutes=5)
"""How much later than the moment that it names an erasure can be committed; far longer than it takes."""

Purge = Callable[[Connection, datetime, int], int]
"""Forgets at most so many rows older than a moment; returns how many there were."""


@dataclass(frozen=True, slots=True)
class RetentionTerms:
    """How long things are kept, in days."""

    unconfirmed_days: int
    """Registrations that nobody confirms; 0 = for ever."""
    session_days: int
    """Sessions after their end."""
    parked_mail_days: int
    """Address and text of mails that could not be delivered."""
    mail_days: int
    """The record that there was a mail."""
    event_days: int
    """Events, once every receiver has them."""
    newsletter_days: int
    """Subscriptions after their end."""
    guest_order_days: int
    """Addresses of guests, after they placed their orders."""


class Retention:
    """Erases registrations that were never confirmed, and purges what has served its purpose.

    Every step can run on any number of workers at once and be killed at any moment: it works in
    batches, each a transaction of its own, and what is left is done the next time.
    """

    def __init__(
        self,
        *,
        units: Units,
        clock: Clock,
        anonymization: AnonymizationService,
        terms: RetentionTerms,
    ) -> None:
        self._units = units
        self._clock = clock
        self._anonymization = anonymization
        self._terms = terms
        self._compacted_at = datetime.min.replace(tzinfo=UTC) + LATE

    async def run(self, stop: asyncio.Event) -> None:
        """Do the work every few minutes until `stop` is set."""
        while not stop.is_set():
            await self.run_once()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), INTERVAL_SECONDS)

    async def run_once(self) -> None:
        """Do every step; one that fails is logged, tried the next time, and holds up no other."""
        steps: tuple[Callable[[], Awaitable[object]], ...] = (
            self.purge_counters,
            self.purge_requests,
            self.purge_keys,
            self.purge_sessions,
            self.purge_operator_sessions,
            self.wipe_parked_mails,
            self.purge_mails,
            self.purge_events,
            self.expire_subscriptions,
            self.purge_subscriptions,
            self.forget_guests,
            self.erase_unconfirmed,
            self.compact_search,
            self._units.scrub,  # somebody may have been reading when it was tried before
        )
        for step in steps:
            try:
                await step()
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens
                extra = {"step": step.__name__, "code": type(error).__name__}
                logger.error("retention_failed", extra=extra)  # noqa: TRY400 - tracebacks hold addresses

    async def erase_unconfirmed(self) -> int:
        """Erase overdue registrations, each in a transaction of its own; returns how many.

        One that cannot be erased is logged and tried again the next time; the others are not held
        up. Nothing ever happens when the time to live is 0 days (never).
        """
        if self._terms.unconfirmed_days == 0:
            return 0
        before = self._clock.now() - timedelta(days=self._terms.unconfirmed_days)
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

    async def compact_search(self) -> None:
        """Rewrite the full-text index of an embedded database if somebody was erased meanwhile.

        Until then it holds pieces of three letters of what the erased were found by. Each process does
        so once after its start, when anybody was ever erased: it does not know of the time before.
        """
        since, now = self._compacted_at - LATE, self._clock.now()
        if await self._units.read(lambda it: customers.was_any_erased(it, since=since)):
            await self._units.write(search.compact)
        self._compacted_at = now

    async def purge_counters(self) -> int:
        """Delete counters whose time is over; returns how many."""
        return await self._in_batches(counters.purge, timedelta())

    async def purge_requests(self) -> int:
        """Delete what is remembered of requests whose time is over; returns how many."""
        return await self._in_batches(requests.purge, timedelta())

    async def purge_keys(self) -> int:
        """Delete mailed keys that ended a day ago, used or not; returns how many."""
        return await self._in_batches(credentials.purge_keys, KEY_MEMORY)

    async def purge_sessions(self) -> int:
        """Delete sessions that ended or expired long ago, with their tokens; returns how many."""
        return await self._in_batches(
            tokens.purge_sessions, timedelta(days=self._terms.session_days)
        )

    async def purge_operator_sessions(self) -> int:
        """Delete sessions of operators and clients that expired long ago; returns how many."""
        return await self._in_batches(
            operator_sessions.purge, timedelta(days=self._terms.session_days)
        )

    async def wipe_parked_mails(self) -> int:
        """Wipe address and text of mails that were given up long ago; returns how many."""
        return await self._in_batches(
            Outbox.wipe_parked, timedelta(days=self._terms.parked_mail_days)
        )

    async def purge_mails(self) -> int:
        """Delete the records of mails that were sent or given up long ago; returns how many."""
        return await self._in_batches(Outbox.purge, timedelta(days=self._terms.mail_days))

    async def purge_events(self) -> int:
        """Delete events of long ago that no receiver lacks; returns how many."""
        return await self._in_batches(events.purge, timedelta(days=self._terms.event_days))

    async def expire_subscriptions(self) -> int:
        """Delete newsletters that nobody confirmed, a day after their keys; returns how many."""
        return await self._in_batches(newsletters.expire, KEY_MEMORY)

    async def purge_subscriptions(self) -> int:
        """Delete subscriptions to newsletters that ended long ago; returns how many."""
        return await self._in_batches(
            newsletters.purge, timedelta(days=self._terms.newsletter_days)
        )

    async def forget_guests(self) -> int:
        """Forget the addresses by which guests could claim old orders; returns of how many."""
        now = self._clock.now()
        days = timedelta(days=self._terms.guest_order_days)
        return await self._in_batches(partial(guest_orders.purge, now=now), days)

    async def _in_batches(self, purge: Purge, age: timedelta) -> int:
        before = self._clock.now() - age
        total, count = 0, PURGE_BATCH
        while count == PURGE_BATCH:
            count = await self._units.write(lambda it: purge(it, before, PURGE_BATCH))
            total += count
        return total

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
