"""Limits of logins: who tries passwords, how often, and for which account."""

from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, TypeVar

from sqlalchemy import Connection
from typing_extensions import override

from customer_api.observability.security_events import SecurityEvent
from customer_api.security.clients import Clients
from customer_api.security.counters import (
    CounterName,
    Counters,
    DatabaseStore,
    Kind,
    Rule,
    forget_kinds,
)
from customer_api.security.rate_limit import (
    HOUR_SECONDS,
    WINDOW_SECONDS,
    Throttled,
    TooManyAttempts,
    TooManyRequests,
    recorded,
)

T = TypeVar("T")

DAY_SECONDS: Final = 24 * HOUR_SECONDS
KNOWN_CLIENT_SECONDS: Final = 90 * DAY_SECONDS
"""So long a client that logged in to an account is no stranger to it."""
LONGEST_PAUSE_SECONDS: Final = 30
FAILURE_KINDS: Final = frozenset(
    {
        Kind.LOGIN_FAILURES,
        Kind.LOGIN_BLOCK,
        Kind.LOGIN_BLOCKS,
        Kind.ACCOUNT_FAILURES,
        Kind.STRANGER_PAUSE,
    }
)
_LONGEST_DOUBLING: Final = 10


def forget_failures(connection: Connection, subject: str) -> None:
    """Forget failed logins to an account and its blocks, for every client; in any transaction."""
    forget_kinds(connection, subject, FAILURE_KINDS)


class LoginSlowed(TooManyAttempts):
    """So many strangers failed to log in to the account that the next one has to wait."""

    event: ClassVar[SecurityEvent] = SecurityEvent.LOGIN_SLOWED


class LoginLimits(Protocol):
    """Decides whether a login may be tried; `subject` is the normal form of the typed e-mail."""

    async def check(self, subject: str, client_address: str) -> None:
        """Count nothing.

        Raises:
            TooManyAttempts: the account is blocked for this client.
        """

    async def reserve(self, subject: str, client_address: str) -> "Reservation":
        """Count an attempt as failed before its password is looked at.

        Raises:
            TooManyAttempts: the account is blocked for this client, or strangers have to wait.
            TooManyRequests: the client failed to log in to too many accounts.
        """

    async def give_back(self, reservation: "Reservation") -> None:
        """Count nothing after all: whether the password was wrong is not known."""

    def succeeded(self, connection: Connection, subject: str, client_address: str) -> None:
        """Forget the failures of an account, end its blocks for every client, know this one.

        It does so in the transaction of what succeeded, after the customer was locked, so that no
        account that was erased meanwhile is known.
        """


@dataclass(frozen=True, slots=True)
class Reservation:
    """An attempt that was counted as failed."""

    subject: str
    client: str
    """Name of the client."""
    starts_block: bool
    """Whether this attempt is the last one before a block."""


@dataclass(frozen=True, slots=True)
class LoginRules:
    """When logins are blocked or slowed; 0 for `client_failure_limit` means no such limit."""

    failure_limit: int
    block_seconds: int
    block_max_seconds: int
    stranger_failure_limit: int
    client_failure_limit: int


class LoginLimiter(LoginLimits):
    """Blocks pairs of account and client, slows strangers, and limits clients over all accounts.

    The failure that reaches the limit starts a block of `block_seconds`. After a block one more
    attempt is free; if it fails too, the next block is twice as long, up to `block_max_seconds`.
    Who logged in to the account before meets that rule alone, so no stranger can lock the owner out.
    """

    def __init__(self, *, store: DatabaseStore, clients: Clients, rules: LoginRules) -> None:
        self._store = store
        self._clients = clients
        self._rules = rules

    @override
    async def check(self, subject: str, client_address: str) -> None:
        login = _Login(subject, self._clients.names(client_address))
        await _run(self._store, lambda counters: _require_no_block(counters, login), subject)

    @override
    async def reserve(self, subject: str, client_address: str) -> Reservation:
        login = _Login(subject, self._clients.names(client_address))
        starts_block = await _run(
            self._store, lambda counters: self._reserve(counters, login), subject
        )
        return Reservation(subject, login.clients[0], starts_block)

    @override
    async def give_back(self, reservation: Reservation) -> None:
        login = _Login(reservation.subject, (reservation.client,))

        def rule(counters: Counters) -> None:
            counters.take_back(login.of_client)
            counters.take_back(CounterName(Kind.ACCOUNT_FAILURES, login.subject))
            counters.take_back(login.name(Kind.LOGIN_FAILURES))
            if reservation.starts_block:
                counters.take_back(login.name(Kind.LOGIN_BLOCK))
                counters.take_back(login.name(Kind.LOGIN_BLOCKS))

        await self._store.run(rule, subject=login.subject)

    @override
    def succeeded(self, connection: Connection, subject: str, client_address: str) -> None:
        login = _Login(subject, self._clients.names(client_address))
        counters = self._store.counters(connection, subject=subject)
        counters.forget(subject, FAILURE_KINDS)
        counters.restart(login.name(Kind.KNOWN_CLIENT), seconds=KNOWN_CLIENT_SECONDS)
        counters.take_back(login.of_client)  # last: logins to all accounts count here

    def _reserve(self, counters: Counters, login: "_Login") -> bool:
        # Everything is counted for everybody: a shorter way would tell by its time who is known.
        is_stranger = not sum(counters.look(it).number for it in login.names(Kind.KNOWN_CLIENT))
        of_client = counters.add(login.of_client, seconds=WINDOW_SECONDS)
        if is_stranger and 0 < self._rules.client_failure_limit < of_client.number:
            raise TooManyRequests(of_client.seconds_left, Kind.CLIENT_LOGINS)
        _require_no_block(counters, login)
        failures = CounterName(Kind.ACCOUNT_FAILURES, login.subject)
        number = counters.add(failures, seconds=DAY_SECONDS).number
        excess = number - self._rules.stranger_failure_limit
        if is_stranger and excess > 0:
            self._slow(counters, failures, excess)
        return self._count_failure(counters, login)

    def _slow(self, counters: Counters, failures: CounterName, excess: int) -> None:
        seconds = min(2 ** min(excess - 1, _LONGEST_DOUBLING), LONGEST_PAUSE_SECONDS)
        pause = counters.add(CounterName(Kind.STRANGER_PAUSE, failures.subject), seconds=seconds)
        if (
            pause.number > 1
        ):  # the one who started the pause has its try, all others wait for its end
            counters.take_back(failures)
            raise LoginSlowed(pause.seconds_left, Kind.STRANGER_PAUSE)

    def _count_failure(self, counters: Counters, login: "_Login") -> bool:
        """Count a failure; return whether it starts a block."""
        present, *former = login.names(Kind.LOGIN_FAILURES)
        number = counters.add(present, seconds=DAY_SECONDS).number
        number += sum(counters.look(it).number for it in former)
        if number < self._rules.failure_limit:
            return False
        blocks = sum(counters.look(it).number for it in login.names(Kind.LOGIN_BLOCKS))
        blocks = min(blocks, _LONGEST_DOUBLING)
        seconds = min(self._rules.block_seconds * 2**blocks, self._rules.block_max_seconds)
        block = counters.add(login.name(Kind.LOGIN_BLOCK), seconds=seconds)
        if block.number > 1:  # of parallel attempts one starts the block and has its try
            raise TooManyAttempts(block.seconds_left)
        counters.add(login.name(Kind.LOGIN_BLOCKS), seconds=DAY_SECONDS)
        return True


@dataclass(frozen=True, slots=True)
class _Login:
    subject: str
    clients: tuple[str, ...]
    """Names of the one client, the present one first; the others are from before key rotations."""

    @property
    def of_client(self) -> CounterName:
        return CounterName(Kind.CLIENT_LOGINS, client=self.clients[0])

    def name(self, kind: Kind) -> CounterName:
        return CounterName(kind, self.subject, self.clients[0])

    def names(self, kind: Kind) -> list[CounterName]:
        return [CounterName(kind, self.subject, client) for client in self.clients]


def _require_no_block(counters: Counters, login: _Login) -> None:
    for name in login.names(Kind.LOGIN_BLOCK):
        block = counters.look(name)
        if block.number:
            raise TooManyAttempts(block.seconds_left)


async def _run(store: DatabaseStore, rule: Rule[T], subject: str) -> T:
    try:
        return await store.run(rule, subject=subject)
    except Throttled as refusal:
        recorded(refusal)
        raise
