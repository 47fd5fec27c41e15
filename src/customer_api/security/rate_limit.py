"""Limits against flooding and mail bombing; `login_limits` has those of logins, `counters` does the counting."""

import math
from collections.abc import Mapping
from typing import ClassVar, Final, Protocol

from sqlalchemy import Connection
from typing_extensions import override

from customer_api.core.clock import Clock
from customer_api.core.errors import AppError
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security.clients import Clients
from customer_api.security.counters import (
    ClientCounters,
    CounterName,
    DatabaseCounters,
    Kind,
)

HOUR_SECONDS: Final = 3600
WINDOW_SECONDS: Final = 600
"""The limits of a client over all accounts count what happens within ten minutes."""


class Throttled(AppError):
    """Something was tried too often; the same may be tried again after a while."""

    keeps_changes: ClassVar[bool] = True  # what the same unit counted must outlive the refusal
    event: ClassVar[SecurityEvent]

    def __init__(self, retry_after_seconds: float, kind: Kind = Kind.LOGIN_BLOCK) -> None:
        super().__init__(f"{kind}, retry after {retry_after_seconds} s")
        self.retry_after_seconds = max(1, math.ceil(retry_after_seconds))
        self.kind = kind


class TooManyAttempts(Throttled):
    """Login of this account from this client is blocked for a while."""

    event: ClassVar[SecurityEvent] = SecurityEvent.LOGIN_BLOCKED


class TooManyRequests(Throttled):
    """One client did the same thing too often, whatever the account."""

    event: ClassVar[SecurityEvent] = SecurityEvent.RATE_LIMITED


class RequestLimits(Protocol):
    """Decides whether one client does something too often."""

    async def count(self, kind: Kind, client_address: str) -> None:
        """Count a request.

        Raises:
            TooManyRequests: the client has to wait.
        """


class MailboxLimits(Protocol):
    """Decides whether a mail may be sent; strangers cannot use up the notices of an owner.

    It counts in the transaction that queues the mail, so in the database whatever else counts.
    """

    def allow(self, connection: Connection, mailbox: str) -> bool:
        """Count a mail that a stranger asked for, and tell whether it is within the limit."""

    def allow_notice(self, connection: Connection, mailbox: str) -> bool:
        """Count a notice about the owner's account, and tell whether it is within the limit."""


class RequestLimiter(RequestLimits):
    """Lets each client do each thing so many times within ten minutes; 0 means any number."""

    def __init__(
        self, *, counters: ClientCounters, clients: Clients, limits: Mapping[Kind, int]
    ) -> None:
        self._counters = counters
        self._clients = clients
        self._limits = limits

    @override
    async def count(self, kind: Kind, client_address: str) -> None:
        limit = self._limits[kind]
        if not limit:
            return
        name = CounterName(kind, client=self._clients.names(client_address)[0])

        count = await self._counters.add(name, seconds=WINDOW_SECONDS)
        if count.number > limit:
            raise recorded(TooManyRequests(count.seconds_left, kind))


class MailboxLimiter(MailboxLimits):
    """Lets some mails an hour through to each mailbox, and as many notices.

    The hour starts with the first of them.
    """

    def __init__(self, *, clock: Clock, mails_per_hour: int) -> None:
        self._clock = clock
        self._mails_per_hour = mails_per_hour

    @override
    def allow(self, connection: Connection, mailbox: str) -> bool:
        return self._count(connection, CounterName(Kind.MAILS, mailbox))

    @override
    def allow_notice(self, connection: Connection, mailbox: str) -> bool:
        return self._count(connection, CounterName(Kind.NOTICES, mailbox))

    def _count(self, connection: Connection, name: CounterName) -> bool:
        counters = DatabaseCounters(connection, self._clock)
        return counters.add(name, seconds=HOUR_SECONDS).number <= self._mails_per_hour


def recorded(refusal: Throttled) -> Throttled:
    """Record a refusal as a security event, and return it."""
    record(refusal.event, limit=refusal.kind, retry_after_seconds=refusal.retry_after_seconds)
    return refusal
