"""Delivers events to their receivers: at least once, those of one subject in their order.

Each receiver has a position in the log. An event that it does not take is set aside, with everything of
the same subject behind it, and the others go on; it is tried again after a growing while, and parked in the
end. A receiver that takes nothing at all is left alone for a while, with its position where it is, so that
an outage costs no event any of its tries. See docs/decisions/0053.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection

from customer_api.core.clock import Clock
from customer_api.core.db import UnitsOfWork
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.ids import random_uuid
from customer_api.core.types import JsonObject
from customer_api.events import deliveries, log
from customer_api.events.cloud_events import CONTENT_TYPE, encode
from customer_api.events.deliveries import Claim, Setback
from customer_api.events.errors import ClaimLost, NotTaken
from customer_api.events.models import Event
from customer_api.events.receivers import TIMEOUT, Receivers
from customer_api.events.tries import Tries, by_subject, setback, setbacks
from customer_api.security.webhook_signatures import signed_headers

logger = logging.getLogger(__name__)

EVENT_PARKED: Final = "event_parked"
EVENT_RECEIVER_PAUSED: Final = "event_receiver_paused"
EVENT_WORKER_FAILED: Final = "event_worker_failed"

NUMBER_BATCH: Final = 1000
BATCH: Final = 100
PARALLEL: Final = 8
"""Subjects that one receiver is told of at the same time."""
IDLE_SECONDS: Final = 1.0
STOP_SECONDS: Final = 5.0
LEASE_IN_TIMEOUTS: Final = 3

PAUSE_MAX_SECONDS: Final = 300

Details = Callable[[Connection, Sequence[Event]], Mapping[str, JsonObject]]
"""Returns personal data about what events tell of, as it is now, by the uuid of the event."""


class EventWorker:
    """Delivers events; any number of workers may run at once."""

    def __init__(
        self,
        *,
        units: UnitsOfWork[object],
        clock: Clock,
        receivers: Receivers,
        details: Details,
        source: str,
        timeout_seconds: float,
    ) -> None:
        self._units = units
        self._clock = clock
        self._receivers = receivers
        self._details = details
        self._source = source
        self._timeout = timedelta(seconds=timeout_seconds)

    async def run_once(self) -> None:
        """Deliver what is due, to one receiver after the other."""
        for subscription_id in await self._find_due():
            await self._serve(subscription_id, asyncio.Event())

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop` is set, to all receivers at the same time; then end what is in hand."""
        serving: dict[int, asyncio.Task[None]] = {}
        try:
            while not stop.is_set():
                for subscription_id in await self._find_due_or_none():
                    if subscription_id not in serving or serving[subscription_id].done():
                        work = self._serve(subscription_id, stop)
                        serving[subscription_id] = asyncio.create_task(work)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), IDLE_SECONDS)
            if serving:
                await asyncio.wait(serving.values(), timeout=STOP_SECONDS)
        finally:
            for task in serving.values():
                task.cancel()
            await asyncio.gather(*serving.values(), return_exceptions=True)
            await self._receivers.close()

    async def _find_due_or_none(self) -> tuple[int, ...]:
        try:
            return await self._find_due()
        except DatabaseUnavailable:
            return ()  # others say so
        except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens
            logger.error(EVENT_WORKER_FAILED, extra={"code": type(error).__name__})  # noqa: TRY400 - tracebacks hold data
            return ()

    async def _find_due(self) -> tuple[int, ...]:
        while await self._units.read(log.has_unnumbered):
            await self._units.write(lambda it: log.number(it, NUMBER_BATCH))
        return await self._units.read(lambda it: deliveries.list_due(it, now=self._clock.now()))

    async def _serve(self, subscription_id: int, stop: asyncio.Event) -> None:
        """Deliver to one receiver until it lacks nothing that is due, or takes nothing."""
        held = await self._claim(subscription_id)
        if held is None:
            return
        try:
            while not stop.is_set():
                is_well, has_more = await self._deliver_new(held, stop)
                if not is_well:
                    break
                has_more |= await self._deliver_undelivered(held, stop)
                if not has_more:
                    break
                held = await self._renew(held)
        except (ClaimLost, DatabaseUnavailable):
            return  # what was delivered but not noted is delivered again, with the same id
        except Exception as error:  # noqa: BLE001 - the other receivers go on
            logger.error(EVENT_WORKER_FAILED, extra={"code": type(error).__name__})  # noqa: TRY400 - tracebacks hold data
        with contextlib.suppress(DatabaseUnavailable):
            await self._units.write(lambda it: deliveries.release(it, held))

    async def _claim(self, subscription_id: int) -> Claim | None:
        now = self._clock.now()
        until, by = now + self._timeout * LEASE_IN_TIMEOUTS, random_uuid()
        try:
            return await self._units.write(
                lambda it: deliveries.claim(it, subscription_id, by=by, now=now, until=until)
            )
        except DatabaseUnavailable:
            return None

    async def _renew(self, held: Claim) -> Claim:
        until = self._clock.now() + self._timeout * LEASE_IN_TIMEOUTS
        return await self._units.write(lambda it: deliveries.renew(it, held, until=until))

    async def _deliver_new(self, held: Claim, stop: asyncio.Event) -> tuple[bool, bool]:
        """Deliver the next events; return whether the receiver is well, and whether there may be more."""
        subscription = held.subscription

        def read(
            connection: Connection,
        ) -> tuple[tuple[Event, ...], frozenset[str], Mapping[str, JsonObject]]:
            events = log.list_behind(connection, subscription.position, most=BATCH)
            wanted = [event for event in events if subscription.wants(event)]
            subjects = {event.subject for event in wanted}
            blocked = deliveries.blocked_subjects(connection, held, subjects)
            return events, blocked, self._details_of(connection, held, wanted)

        events, blocked, details = await self._units.read(read)
        if not events:
            return True, False
        wanted = [event for event in events if subscription.wants(event)]
        groups = by_subject([event for event in wanted if event.subject not in blocked])
        results = await self._try_all(held, groups, details, stop)
        errors = [it.error for it in results if it.error is not None]
        has_taken = any(it.taken for it in results)
        if errors and not has_taken:
            await self._pause(held, errors[0])
            return False, False
        if stop.is_set() and not has_taken:
            return True, False
        now = self._clock.now()
        aside = [Setback(it, 0, now, None, None) for it in wanted if it.subject in blocked]
        for result in results:
            aside += setbacks(result, now)
        position = events[-1].sequence
        await self._units.write(
            lambda it: deliveries.move_on(
                it, held, position, set_aside=aside, has_taken=has_taken, now=now
            )
        )
        return True, len(events) == BATCH

    async def _deliver_undelivered(self, held: Claim, stop: asyncio.Event) -> bool:
        """Deliver what was set aside and is due; return whether there may be more."""

        def read(
            connection: Connection,
        ) -> tuple[list[tuple[int, tuple[Event, ...]]], Mapping[str, JsonObject]]:
            now = self._clock.now()
            due = deliveries.list_due_subjects(connection, held, now=now, most=PARALLEL)
            streams = [
                (tries, deliveries.list_undelivered_of(connection, held, subject, most=BATCH))
                for subject, tries in due
            ]
            events = [event for _, stream in streams for event in stream]
            return streams, self._details_of(connection, held, events)

        streams, details = await self._units.read(read)
        groups = [(tries, list(stream)) for tries, stream in streams]
        results = await self._try_all(held, groups, details, stop)
        for result in results:
            await self._settle(held, result)
        return bool(results) and any(it.taken for it in results)

    async def _settle(self, held: Claim, result: Tries) -> None:
        now = self._clock.now()
        failed = None
        if result.failed is not None:
            # Only the first of a subject has a history; behind one that was taken a new one begins.
            tries = 0 if result.taken else result.tries
            failed = setback(result.failed, tries + 1, result.error, now)
        await self._units.write(
            lambda it: deliveries.settle(it, held, result.taken, failed, now=now)
        )
        if failed is not None and failed.parked_at is not None:
            extra = {"subscription": held.subscription.uuid, "event": failed.event.uuid}
            logger.error(EVENT_PARKED, extra={**extra, "code": failed.error})

    async def _pause(self, held: Claim, error: str) -> None:
        seconds = min(1 << min(held.subscription.failures, 10), PAUSE_MAX_SECONDS)
        until = self._clock.now() + timedelta(seconds=seconds)
        await self._units.write(lambda it: deliveries.pause(it, held, error=error, until=until))
        extra = {"subscription": held.subscription.uuid, "code": error}
        logger.warning(EVENT_RECEIVER_PAUSED, extra=extra)

    async def _try_all(
        self,
        held: Claim,
        groups: Sequence[tuple[int, list[Event]]],
        details: Mapping[str, JsonObject],
        stop: asyncio.Event,
    ) -> list[Tries]:
        """Try the events of several subjects at the same time, those of each one after the other."""
        limit = asyncio.Semaphore(PARALLEL)

        async def deliver(tries: int, events: Sequence[Event]) -> Tries:
            result = Tries(tries)
            async with limit:
                for place, event in enumerate(events):
                    if stop.is_set() or self._clock.now() + self._timeout > held.until:
                        result.rest = list(events[place:])
                        break
                    try:
                        await self._send(held, event, details.get(event.uuid, {}))
                    except NotTaken as failure:
                        result.failed, result.error = event, failure.code
                        result.rest = list(events[place + 1 :])
                        break
                    result.taken.append(event)
            return result

        return await asyncio.gather(*(deliver(tries, events) for tries, events in groups))

    async def _send(self, held: Claim, event: Event, details: JsonObject) -> None:
        body = encode(event, source=self._source, details=details)
        now = self._clock.now()
        headers = signed_headers(held.subscription.secrets_at(now), event.uuid, body, now=now)
        headers["content-type"] = CONTENT_TYPE
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                await self._receivers.send(held.subscription.url, body, headers)
        except TimeoutError as error:
            raise NotTaken(TIMEOUT) from error

    def _details_of(
        self, connection: Connection, held: Claim, events: Sequence[Event]
    ) -> Mapping[str, JsonObject]:
        if not held.subscription.has_personal_data or not events:
            return {}
        return self._details(connection, events)
