"""Sealing audit events in the background, so that nobody can change them unseen."""

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection

from customer_api.audit import seal_repository
from customer_api.audit.seals import NO_HASH, Seal, digest_of, hash_of
from customer_api.core.clock import Clock
from customer_api.core.db import UnitsOfWork
from customer_api.core.errors import DatabaseUnavailable

logger = logging.getLogger(__name__)

BATCH: Final = 1000
"""Most events of one seal."""
INTERVAL_SECONDS: Final = 10.0


class Sealing:
    """Puts events under seals, each of which covers the one before; any number of workers may run.

    What is sealed is what waits, not what has larger ids than the last: PostgreSQL hands ids out
    before their rows are committed, so an event can appear behind younger ones. It is in a later seal
    then.
    """

    def __init__(self, *, units: UnitsOfWork[object], clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def run(self, stop: asyncio.Event) -> None:
        """Seal what there is every few seconds, until `stop` is set."""
        while not stop.is_set():
            try:
                await self.seal()
            except DatabaseUnavailable:
                pass  # others say so
            except Exception as error:  # noqa: BLE001 - the worker outlives whatever happens
                logger.error("audit_sealing_failed", extra={"code": type(error).__name__})  # noqa: TRY400 - tracebacks hold data
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), INTERVAL_SECONDS)

    async def seal(self) -> int:
        """Seal all that waits, each batch in a transaction of its own; return how many events.

        It ends early when another worker is about the same.
        """
        total = 0
        while not await self._units.read(seal_repository.is_idle):
            count = await self._units.write(self._seal_batch)
            if count == 0:
                break
            total += count
        return total

    def _seal_batch(self, connection: Connection) -> int:
        # The seal before the events: else a seal that is committed between the two has taken some of
        # them, and ours would have the number behind it.
        newest = seal_repository.find_newest(connection)
        events = seal_repository.list_waiting(connection, BATCH)
        if not events:
            return 0
        digests = [digest_of(event) for event in events]
        unsigned = Seal(
            number=1 if newest is None else newest.number + 1,
            previous_hash=NO_HASH if newest is None else newest.hash,
            hash="",
            first_event=events[0].uuid,
            last_event=events[-1].uuid,
            events=len(events),
            sealed_at=self._clock.now(),
        )
        seal = replace(unsigned, hash=hash_of(unsigned, digests))
        if not seal_repository.add(connection, seal):
            return 0
        seal_repository.add_events(connection, seal.number, events, digests)
        return seal.events
