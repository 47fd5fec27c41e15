"""Counters of clients in Redis or Valkey, so that a flood is counted without touching the database.

Counters about an account stay in the database whatever is configured: they end in the transaction that
erases the account or changes its e-mail address, so that none outlives it.
"""

import asyncio
import logging
import math
import time
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from limits.errors import StorageError
from limits.storage import RedisStorage
from typing_extensions import override

from customer_api.core.clock import Clock
from customer_api.security.counters import (
    NOTHING,
    Count,
    CounterName,
    Counters,
    CounterStore,
    Kind,
    Rule,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

KEY_PREFIX: Final = "customer-api"
TIMEOUT_SECONDS: Final = 0.5
"""Of connecting and of each command; a server that needs longer counts as lost."""
PAUSE: Final = timedelta(seconds=10)
"""So long a lost server is not asked again."""
COUNTER_SERVER_LOST: Final = "counter_server_lost"


class RedisCounters(Counters):
    """Counters that are about clients alone.

    Every method raises `StorageError` when the server does not do what it is asked for.
    """

    def __init__(self, storage: RedisStorage) -> None:
        self._storage = storage

    @override
    def add(self, name: CounterName, *, seconds: int) -> Count:
        number = self._storage.incr(name.key, seconds)
        return Count(number, self._seconds_left(name))

    @override
    def look(self, name: CounterName) -> Count:
        number = self._storage.get(name.key)
        return Count(number, self._seconds_left(name)) if number else NOTHING

    @override
    def take_back(self, name: CounterName) -> None:
        if self._storage.get(name.key) > 0:
            self._storage.incr(name.key, math.ceil(self._seconds_left(name)), -1)

    @override
    def restart(self, name: CounterName, *, seconds: int) -> None:
        self._storage.clear(name.key)
        self._storage.incr(name.key, seconds)

    @override
    def forget(self, subject: str, kinds: frozenset[Kind]) -> None:
        return  # no counter here is about an e-mail address

    def _seconds_left(self, name: CounterName) -> float:
        return max(0.0, self._storage.get_expiry(name.key) - time.time())


class DividedCounters(Counters):
    """The counters of a rule that is about an account, and about a client beside it."""

    def __init__(self, accounts: Counters, clients: Counters) -> None:
        self._accounts = accounts
        self._clients = clients

    @override
    def add(self, name: CounterName, *, seconds: int) -> Count:
        return self._of(name).add(name, seconds=seconds)

    @override
    def look(self, name: CounterName) -> Count:
        return self._of(name).look(name)

    @override
    def take_back(self, name: CounterName) -> None:
        self._of(name).take_back(name)

    @override
    def restart(self, name: CounterName, *, seconds: int) -> None:
        self._of(name).restart(name, seconds=seconds)

    @override
    def forget(self, subject: str, kinds: frozenset[Kind]) -> None:
        self._accounts.forget(subject, kinds)

    def _of(self, name: CounterName) -> Counters:
        return self._clients if name.subject is None else self._accounts


class RedisStore(CounterStore):
    """Runs rules over a Redis or Valkey server, and over `database` alone while that is lost."""

    def __init__(self, url: str, *, database: CounterStore, clock: Clock) -> None:
        """Nothing connects yet; `url` has one of `settings.REDIS_SCHEMES`.

        Raises:
            ValueError: the URL cannot be understood.
        """
        self._storage = _storage(url)
        self._counters = RedisCounters(self._storage)
        self._database = database
        self._clock = clock
        self._resumes_at = datetime.min.replace(tzinfo=UTC)

    @override
    async def run(self, rule: Rule[T], *, subject: str | None) -> T:
        if self._clock.now() >= self._resumes_at:
            try:
                return await self._run(rule, subject)
            except StorageError as error:
                self._resumes_at = self._clock.now() + PAUSE
                logger.warning(
                    COUNTER_SERVER_LOST, extra={"code": type(error.storage_error).__name__}
                )
        return await self._database.run(rule, subject=subject)

    @override
    async def forget(self, subject: str) -> None:
        await self._database.forget(subject)

    @override
    async def close(self) -> None:
        await asyncio.to_thread(self._storage.storage.close)

    async def _run(self, rule: Rule[T], subject: str | None) -> T:
        if subject is None:
            return await asyncio.to_thread(rule, self._counters)
        return await self._database.run(
            lambda accounts: rule(DividedCounters(accounts, self._counters)), subject=subject
        )


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
