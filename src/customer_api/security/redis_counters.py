"""Counters of clients in Redis or Valkey, so that a flood is counted without touching the database.

What is counted for an account stays in the database whatever is configured: it ends in the transaction
that erases the account or changes its e-mail address, so that none of it outlives that.
"""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Final

from limits.errors import StorageError
from limits.storage import RedisStorage
from typing_extensions import override

from customer_api.core.clock import Clock
from customer_api.security.counters import ClientCounters, Count, CounterName

logger = logging.getLogger(__name__)

KEY_PREFIX: Final = "customer-api"
TIMEOUT_SECONDS: Final = 0.5
"""Of connecting and of each command; a server that needs longer counts as lost."""
PAUSE: Final = timedelta(seconds=10)
"""So long a lost server is not asked again."""
COUNTER_SERVER_LOST: Final = "counter_server_lost"


class RedisCounters(ClientCounters):
    """Counts on a Redis or Valkey server, and on `fallback` while that is lost."""

    def __init__(self, url: str, *, fallback: ClientCounters, clock: Clock) -> None:
        """Nothing connects yet; `url` has one of `settings.REDIS_SCHEMES`.

        Raises:
            ValueError: the URL cannot be understood.
        """
        self._storage = _storage(url)
        self._fallback = fallback
        self._clock = clock
        self._resumes_at = datetime.min.replace(tzinfo=UTC)

    @override
    async def add(self, name: CounterName, *, seconds: int) -> Count:
        if self._clock.now() >= self._resumes_at:
            try:
                return await asyncio.to_thread(self._add, name, seconds)
            except StorageError as error:
                self._resumes_at = self._clock.now() + PAUSE
                logger.warning(
                    COUNTER_SERVER_LOST, extra={"code": type(error.storage_error).__name__}
                )
        return await self._fallback.add(name, seconds=seconds)

    @override
    async def close(self) -> None:
        await asyncio.to_thread(self._storage.storage.close)

    def _add(self, name: CounterName, seconds: int) -> Count:
        number = self._storage.incr(name.key, seconds)
        return Count(number, max(0.0, self._storage.get_expiry(name.key) - time.time()))


def answers(url: str) -> bool:
    """Return whether the server can be reached and lets the program in.

    Raises:
        ValueError: the URL cannot be understood.
    """
    return _storage(url).check()


def _storage(url: str) -> RedisStorage:
    # One client speaks to both servers; `limits` has it under the names of Valkey.
    return RedisStorage(
        url if url.startswith("valkey") else "valkey" + url.removeprefix("redis"),
        key_prefix=KEY_PREFIX,
        wrap_exceptions=True,
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
    )
