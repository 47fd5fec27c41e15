"""Knowing which kinds of password digests there are, so that none of them shows by its time."""

import asyncio
import contextlib
import logging
from typing import Final

from customer_api.core.db import UnitsOfWork
from customer_api.credentials.hash_samples import list_foreign_hashes
from customer_api.security.hashing import PasswordHasher

logger = logging.getLogger(__name__)

INTERVAL_SECONDS: Final = 3600.0
RETRY_SECONDS: Final = 10.0


class HashKinds:
    """Teaches the hasher of this process the kinds that imports brought."""

    def __init__(self, *, units: UnitsOfWork[object], hasher: PasswordHasher) -> None:
        self._units = units
        self._hasher = hasher

    async def learn(self) -> None:
        """Look at what is stored; a kind that comes later is learned when it is first met."""
        own = self._hasher.own_kind
        self._hasher.learn(await self._units.read(lambda it: list_foreign_hashes(it, own)))

    async def run(self, stop: asyncio.Event) -> None:
        """Look at the start and every hour until `stop` is set."""
        while not stop.is_set():
            pause = INTERVAL_SECONDS
            try:
                await self.learn()
            except Exception as error:  # noqa: BLE001 - such as a database that is not migrated yet
                logger.warning("hash_kinds_unknown", extra={"code": type(error).__name__})
                pause = RETRY_SECONDS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)
