"""Counters that all workers share: how often something happened within a stretch of time.

What is counted for an account follows rules over several counters, which run in the database. Requests of a
client have one counter each, here or on Redis (`redis_counters`).
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import (
    BigInteger,
    Connection,
    Insert,
    Integer,
    String,
    bindparam,
    case,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import override

from customer_api.core.clock import Clock
from customer_api.core.db import Base, UnitsOfWork
from customer_api.core.privacy import kept, personal
from customer_api.core.types import UtcDateTime

T = TypeVar("T")

SUBJECT_LENGTH: Final = 320


class Kind(StrEnum):
    """What is counted."""

    LOGIN_FAILURES = "login_failures"
    """Failed logins of one account from one client."""
    LOGIN_BLOCK = "login_block"
    """There while the account is blocked for the client."""
    LOGIN_BLOCKS = "login_blocks"
    """Blocks of the account for the client so far."""
    ACCOUNT_FAILURES = "account_failures"
    """Failed logins of one account from any client."""
    STRANGER_PAUSE = "stranger_pause"
    """There while clients that never logged in to the account must wait."""
    KNOWN_CLIENT = "known_client"
    """There when the client has logged in to the account."""
    MAILS = "mails"
    """Mails that strangers had sent to one mailbox."""
    NOTICES = "notices"
    """Mails that told an owner of what happened to the account."""
    CLIENT_LOGINS = "client_logins"
    """Failed logins of any account from one client."""
    REFRESHES = "refreshes"
    REGISTRATIONS = "registrations"
    RESTORE_REQUESTS = "restore_requests"
    NEWSLETTER_REQUESTS = "newsletter_requests"
    KEY_USES = "key_uses"
    """Tries of mailed keys."""


@dataclass(frozen=True, slots=True)
class CounterName:
    """Which counter."""

    kind: Kind
    subject: str | None = None
    """Normal form of the e-mail address that it is about; None when it is about a client alone."""
    client: str | None = None
    """Keyed fingerprint of the client's address."""

    @property
    def key(self) -> str:
        """The name in one word of 64 characters, however long its parts are."""
        text = "\0".join((self.kind, self.subject or "", self.client or ""))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Count:
    """What a counter stands at."""

    number: int
    """0 when nothing was counted, or when the time is over."""
    seconds_left: float
    """After that it starts anew."""


NOTHING: Final = Count(0, 0.0)


class Counters(Protocol):
    """The counters of one rule, which may be used while it runs."""

    def add(self, name: CounterName, *, seconds: int) -> Count:
        """Count once more; the first time starts the stretch of `seconds`. One atomic step."""

    def look(self, name: CounterName) -> Count:
        """Return what a counter stands at, and count nothing."""

    def take_back(self, name: CounterName) -> None:
        """Count one less, if anything is counted."""

    def restart(self, name: CounterName, *, seconds: int) -> None:
        """Set a counter to one, for a whole stretch of `seconds` from now."""

    def forget(self, subject: str, kinds: frozenset[Kind]) -> None:
        """Delete the counters of these kinds that are about an e-mail address."""


Rule = Callable[[Counters], T]
"""Synchronous, quick, and touches nothing but its counters; its refusals keep what was counted."""


class ClientCounters(Protocol):
    """Counters that are about clients alone."""

    async def add(self, name: CounterName, *, seconds: int) -> Count:
        """Count once more; the first time starts the stretch of `seconds`. One atomic step."""

    async def close(self) -> None:
        """Close connections of its own; the counters cannot be used afterwards."""


class CounterRow(Base):
    """A counter."""

    __tablename__ = "counters"

    key: Mapped[str] = mapped_column(
        String(64),
        primary_key=True,
        info=kept("digest; about a customer it goes with erasure, else when its time is over"),
    )
    kind: Mapped[str] = mapped_column(String(20), info=kept("what is counted"))
    subject: Mapped[str | None] = mapped_column(String(SUBJECT_LENGTH), index=True, info=personal())
    number: Mapped[int] = mapped_column(Integer, info=kept("a mere number"))
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=kept("a mere time"))


class DatabaseCounters(Counters):
    """Counters in the database, for use in a unit that writes."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    @override
    def add(self, name: CounterName, *, seconds: int) -> Count:
        return self._write(_ADD, name, seconds)

    @override
    def look(self, name: CounterName) -> Count:
        now = self._clock.now()
        row = self._connection.execute(_LOOK, {"counter": name.key, "now": now}).one_or_none()
        return NOTHING if row is None else Count(row.number, (row.ends_at - now).total_seconds())

    @override
    def take_back(self, name: CounterName) -> None:
        parameters = {"counter": name.key, "now": self._clock.now()}
        self._connection.execute(_TAKE_BACK, parameters)

    @override
    def restart(self, name: CounterName, *, seconds: int) -> None:
        self._write(_RESTART, name, seconds)

    @override
    def forget(self, subject: str, kinds: frozenset[Kind]) -> None:
        parameters = {"about": subject[:SUBJECT_LENGTH], "kinds": sorted(kinds)}
        self._connection.execute(_FORGET_KINDS, parameters)

    def _write(self, statement: Mapping[str, Insert], name: CounterName, seconds: int) -> Count:
        now = self._clock.now()
        values = {
            "counter": name.key,
            "kind": name.kind,
            "subject": None if name.subject is None else name.subject[:SUBJECT_LENGTH],
            "now": now,
            "end": now + timedelta(seconds=seconds),
        }
        row = self._connection.execute(statement[self._connection.dialect.name], values).one()
        return Count(row.number, (row.ends_at - now).total_seconds())


class DatabaseStore(ClientCounters):
    """Runs each rule in a transaction of its own; the rules of one address follow each other."""

    def __init__(self, units: UnitsOfWork[object], clock: Clock) -> None:
        self._units = units
        self._clock = clock

    async def run(self, rule: Rule[T], *, subject: str) -> T:
        """Run a rule over the counters of one e-mail address."""
        return await self._units.write(lambda it: rule(self.counters(it, subject=subject)))

    def counters(self, connection: Connection, *, subject: str) -> Counters:
        """Return the counters of one e-mail address, for use in the caller's transaction."""
        _lock(connection, subject)
        return DatabaseCounters(connection, self._clock)

    @override
    async def add(self, name: CounterName, *, seconds: int) -> Count:
        return await self._units.write(
            lambda it: DatabaseCounters(it, self._clock).add(name, seconds=seconds)
        )

    @override
    async def close(self) -> None:
        return  # the units of work belong to whoever opened them


def forget(connection: Connection, subject: str) -> int:
    """Delete all counters about an e-mail's normal form, and return how many there were."""
    _lock(connection, subject)
    parameters = {"about": subject[:SUBJECT_LENGTH]}
    return connection.execute(_FORGET, parameters).rowcount


def forget_kinds(connection: Connection, subject: str, kinds: frozenset[Kind]) -> int:
    """Like `forget`, only the counters of these kinds."""
    _lock(connection, subject)
    parameters = {"about": subject[:SUBJECT_LENGTH], "kinds": sorted(kinds)}
    return connection.execute(_FORGET_KINDS, parameters).rowcount


def purge(connection: Connection, before: datetime, limit: int) -> int:
    """Delete counters whose time was over at a moment, at most so many; returns how many."""
    return len(connection.execute(_PURGE, {"before": before, "most": limit}).all())


def _lock(connection: Connection, subject: str) -> None:
    """Make other rules about the address wait, or PostgreSQL would see deadlocks between them."""
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256(subject.encode()).digest()
        connection.execute(_LOCK, {"number": int.from_bytes(digest[:8], "big", signed=True)})


def _insert(insert: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - of either dialect
    return insert(CounterRow).values(
        key=bindparam("counter"),
        kind=bindparam("kind"),
        subject=bindparam("subject"),
        number=1,
        ends_at=bindparam("end"),
    )


def _add(insert: Callable[[Any], Any]) -> Insert:
    """Return the statement that counts once more, or starts anew when the time is over."""
    row, statement = CounterRow, _insert(insert)
    is_over = row.ends_at <= bindparam("now")
    added: Insert = statement.on_conflict_do_update(
        index_elements=[row.key],
        set_={
            "number": case((is_over, 1), else_=row.number + 1),
            "ends_at": case((is_over, statement.excluded.ends_at), else_=row.ends_at),
        },
    ).returning(row.number, row.ends_at)
    return added


def _restart(insert: Callable[[Any], Any]) -> Insert:
    row, statement = CounterRow, _insert(insert)
    restarted: Insert = statement.on_conflict_do_update(
        index_elements=[row.key], set_={"number": 1, "ends_at": statement.excluded.ends_at}
    ).returning(row.number, row.ends_at)
    return restarted


_ADD: Final = {"postgresql": _add(postgresql.insert), "sqlite": _add(sqlite.insert)}
_RESTART: Final = {"postgresql": _restart(postgresql.insert), "sqlite": _restart(sqlite.insert)}
_LIVE: Final = (CounterRow.key == bindparam("counter")) & (CounterRow.ends_at > bindparam("now"))
_LOOK: Final = select(CounterRow.number, CounterRow.ends_at).where(_LIVE)
_TAKE_BACK: Final = (
    update(CounterRow).where(_LIVE, CounterRow.number > 0).values(number=CounterRow.number - 1)
)
_FORGET: Final = delete(CounterRow).where(CounterRow.subject == bindparam("about"))
_FORGET_KINDS: Final = _FORGET.where(CounterRow.kind.in_(bindparam("kinds", expanding=True)))
_OVER = (
    select(CounterRow.key)
    .where(CounterRow.ends_at <= bindparam("before"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # compiles to nothing on SQLite, which has one writer anyway
    .cte("over")
)
_PURGE: Final = (
    delete(CounterRow)
    .where(CounterRow.key.in_(select(_OVER.c.key)))
    .returning(CounterRow.key)  # to count them: SQLite's driver does not behind a WITH
)
_LOCK: Final = select(func.pg_advisory_xact_lock(bindparam("number", type_=BigInteger)))
