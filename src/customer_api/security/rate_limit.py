"""Counters against guessing and mail bombing, kept in the database.

All workers share them and a restart does not clear them. Each count is one atomic statement, so no
number of parallel requests gets more tries than the limit.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Protocol

from sqlalchemy import (
    Connection,
    Insert,
    Integer,
    String,
    bindparam,
    case,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column
from typing_extensions import override

from customer_api.core.clock import Clock
from customer_api.core.db import Base
from customer_api.core.errors import AppError
from customer_api.core.privacy import kept, personal
from customer_api.core.types import UtcDateTime

KEY_LENGTH: Final = 320
ADDRESS_LENGTH: Final = 64
MEMORY: Final = timedelta(hours=24)
"""After so long without an attempt a counter of failures starts anew."""
MAIL_WINDOW: Final = timedelta(hours=1)


class LoginFailureRow(Base):
    """Failed logins of one account from one client address."""

    __tablename__ = "login_failures"

    subject: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True, info=personal())
    client_address: Mapped[str] = mapped_column(
        String(ADDRESS_LENGTH), primary_key=True, info=personal()
    )
    failures: Mapped[int] = mapped_column(Integer, info=kept("a mere number"))
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime, info=kept("a mere time"))
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True, info=kept("a mere time"))


class MailboxLimitRow(Base):
    """Mails that strangers had sent to one mailbox within the present window."""

    __tablename__ = "mailbox_limits"

    mailbox: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True, info=personal())
    window_started_at: Mapped[datetime] = mapped_column(UtcDateTime, info=kept("a mere time"))
    sent: Mapped[int] = mapped_column(Integer, info=kept("a mere number"))


class TooManyAttempts(AppError):
    """Login of this account from this client address is blocked for a while."""

    keeps_changes: ClassVar[bool] = True  # what the same unit counted must outlive the refusal

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"blocked, retry after {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


class LoginLimits(Protocol):
    """Decides whether a login may be tried; `subject` is the normal form of the typed e-mail."""

    def check(self, connection: Connection, subject: str, client_address: str) -> None:
        """Count nothing.

        Raises:
            TooManyAttempts: the account is blocked for this address.
        """

    def reserve(self, connection: Connection, subject: str, client_address: str) -> None:
        """Count an attempt as failed before its password is looked at; needs a transaction.

        Raises:
            TooManyAttempts: the account is blocked for this address; the attempt is not counted.
        """

    def succeeded(self, connection: Connection, subject: str) -> None:
        """Forget all failures of an account and end its blocks, for every address."""


class MailboxLimits(Protocol):
    """Decides whether a mail that a stranger asked for may be sent."""

    def allow(self, connection: Connection, mailbox: str) -> bool:
        """Count a mail to a mailbox, and tell whether it is still within the limit."""


class LoginLimiter(LoginLimits):
    """Blocks a pair of account and client address after some failures, each time for longer.

    The failure that reaches the limit starts a block of `block_seconds`. After a block one more
    attempt is free; if it fails too, the next block is twice as long, up to `block_max_seconds`.
    """

    def __init__(
        self, *, clock: Clock, failure_limit: int, block_seconds: int, block_max_seconds: int
    ) -> None:
        self._clock = clock
        self._failure_limit = failure_limit
        self._block_seconds = block_seconds
        self._block_max_seconds = block_max_seconds

    @override
    def check(self, connection: Connection, subject: str, client_address: str) -> None:
        blocked_until = connection.execute(_BLOCKED_UNTIL, _pair(subject, client_address)).scalar()
        now = self._clock.now()
        if blocked_until is not None and blocked_until > now:
            raise TooManyAttempts(math.ceil((blocked_until - now).total_seconds()))

    @override
    def reserve(self, connection: Connection, subject: str, client_address: str) -> None:
        now = self._clock.now()
        pair = _pair(subject, client_address)
        count = _COUNT_FAILURE[connection.dialect.name]
        moments = {"now": now, "stale": now - MEMORY}
        failures: int | None = connection.execute(count, {**pair, **moments}).scalar()
        if failures is None:
            blocked_until = connection.execute(_BLOCKED_UNTIL, pair).scalar_one()
            assert blocked_until is not None
            raise TooManyAttempts(math.ceil((blocked_until - now).total_seconds()))
        excess = failures - self._failure_limit
        if excess >= 0:  # the row stays locked by the count until the unit ends
            seconds = min(self._block_seconds * 2**excess, self._block_max_seconds)
            connection.execute(_BLOCK, {**pair, "until": now + timedelta(seconds=seconds)})

    @override
    def succeeded(self, connection: Connection, subject: str) -> None:
        connection.execute(_FORGET_FAILURES, {"key": subject[:KEY_LENGTH]})


class MailboxLimiter(MailboxLimits):
    """Lets some mails an hour through to each mailbox; the hour starts with the first of them."""

    def __init__(self, *, clock: Clock, mails_per_hour: int) -> None:
        self._clock = clock
        self._mails_per_hour = mails_per_hour

    @override
    def allow(self, connection: Connection, mailbox: str) -> bool:
        now = self._clock.now()
        count = _COUNT_MAIL[connection.dialect.name]
        moments = {"now": now, "stale": now - MAIL_WINDOW}
        sent: int = connection.execute(count, {"key": mailbox[:KEY_LENGTH], **moments}).scalar_one()
        return sent <= self._mails_per_hour


class UnlimitedLogins(LoginLimits):
    """Blocks nobody; for load tests."""

    @override
    def check(self, connection: Connection, subject: str, client_address: str) -> None:
        return

    @override
    def reserve(self, connection: Connection, subject: str, client_address: str) -> None:
        return

    @override
    def succeeded(self, connection: Connection, subject: str) -> None:
        return


class UnlimitedMailboxes(MailboxLimits):
    """Lets every mail through; for load tests."""

    @override
    def allow(self, connection: Connection, mailbox: str) -> bool:
        return True


def forget(connection: Connection, key: str) -> int:
    """Delete all counters of an e-mail's normal form, and return how many there were."""
    parameters = {"key": key[:KEY_LENGTH]}
    failures = connection.execute(_FORGET_FAILURES, parameters).rowcount
    return failures + connection.execute(_FORGET_MAILS, parameters).rowcount


def purge(connection: Connection, before: datetime) -> int:
    """Delete all counters that were last started or moved before a moment; return how many."""
    parameters = {"before": before}
    failures = connection.execute(_PURGE_FAILURES, parameters).rowcount
    return failures + connection.execute(_PURGE_MAILS, parameters).rowcount


def _pair(subject: str, client_address: str) -> dict[str, str]:
    return {"key": subject[:KEY_LENGTH], "address": client_address[:ADDRESS_LENGTH]}


def _count_failure(insert: Callable[[Any], Any]) -> Insert:
    """Return the statement that counts and returns failures, and no row for a blocked pair."""
    row = LoginFailureRow
    statement = insert(row).values(
        subject=bindparam("key"),
        client_address=bindparam("address"),
        failures=1,
        updated_at=bindparam("now"),
    )
    counted: Insert = statement.on_conflict_do_update(
        index_elements=[row.subject, row.client_address],
        set_={
            "failures": case((row.updated_at <= bindparam("stale"), 1), else_=row.failures + 1),
            "updated_at": statement.excluded.updated_at,
        },
        where=or_(row.blocked_until.is_(None), row.blocked_until <= statement.excluded.updated_at),
    ).returning(row.failures)
    return counted


def _count_mail(insert: Callable[[Any], Any]) -> Insert:
    """Return the statement that counts and returns the mails of the present window."""
    row = MailboxLimitRow
    statement = insert(row).values(
        mailbox=bindparam("key"), window_started_at=bindparam("now"), sent=1
    )
    over = row.window_started_at <= bindparam("stale")
    counted: Insert = statement.on_conflict_do_update(
        index_elements=[row.mailbox],
        set_={
            "sent": case((over, 1), else_=row.sent + 1),
            "window_started_at": case(
                (over, statement.excluded.window_started_at), else_=row.window_started_at
            ),
        },
    ).returning(row.sent)
    return counted


_COUNT_FAILURE: Final[Mapping[str, Insert]] = {
    "postgresql": _count_failure(postgresql.insert),
    "sqlite": _count_failure(sqlite.insert),
}
_COUNT_MAIL: Final[Mapping[str, Insert]] = {
    "postgresql": _count_mail(postgresql.insert),
    "sqlite": _count_mail(sqlite.insert),
}
_THE_PAIR: Final = (LoginFailureRow.subject == bindparam("key")) & (
    LoginFailureRow.client_address == bindparam("address")
)
_BLOCKED_UNTIL: Final = select(LoginFailureRow.blocked_until).where(_THE_PAIR)
_BLOCK: Final = update(LoginFailureRow).where(_THE_PAIR).values(blocked_until=bindparam("until"))
_FORGET_FAILURES: Final = delete(LoginFailureRow).where(LoginFailureRow.subject == bindparam("key"))
_FORGET_MAILS: Final = delete(MailboxLimitRow).where(MailboxLimitRow.mailbox == bindparam("key"))
_PURGE_FAILURES: Final = delete(LoginFailureRow).where(
    LoginFailureRow.updated_at < bindparam("before")
)
_PURGE_MAILS: Final = delete(MailboxLimitRow).where(
    MailboxLimitRow.window_started_at < bindparam("before")
)
