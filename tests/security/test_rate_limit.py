import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from customer_api.core.db import open_units
from customer_api.security.rate_limit import (
    LoginFailureRow,
    LoginLimiter,
    MailboxLimiter,
    MailboxLimitRow,
    TooManyAttempts,
    UnlimitedLogins,
    UnlimitedMailboxes,
    forget,
    purge,
)

ADA = "ada@shop.example"
HOME = "192.0.2.1"


@pytest.fixture
def limiter(clock):
    return LoginLimiter(clock=clock, failure_limit=3, block_seconds=60, block_max_seconds=150)


@pytest.fixture
def reserve(units, limiter):
    async def attempt(subject=ADA, client_address=HOME):
        await units.write(lambda connection: limiter.reserve(connection, subject, client_address))

    return attempt


@pytest.fixture
def allow(units, clock):
    limiter = MailboxLimiter(clock=clock, mails_per_hour=3)

    async def ask(mailbox=ADA):
        return await units.write(lambda connection: limiter.allow(connection, mailbox))

    return ask


async def refusal(attempt):
    """Return after how many seconds a refused attempt may be repeated."""
    with pytest.raises(TooManyAttempts) as caught:
        await attempt
    return caught.value.retry_after_seconds


async def count(units, row):
    statement = select(func.count()).select_from(row)
    return await units.read(lambda connection: connection.execute(statement).scalar_one())


async def fail(reserve, times):
    for _ in range(times):
        await reserve()


async def test_the_attempt_after_the_limit_is_refused(reserve):
    await fail(reserve, 3)

    assert await refusal(reserve()) == 60


async def test_a_refusal_is_not_counted_and_prolongs_nothing(reserve, clock):
    await fail(reserve, 3)
    clock.advance(seconds=59.5)

    assert await refusal(reserve()) == 1
    clock.advance(seconds=0.5)
    await reserve()


async def test_each_further_block_is_twice_as_long_up_to_a_limit(reserve, clock):
    await fail(reserve, 3)

    lengths = []
    for _ in range(4):
        lengths.append(await refusal(reserve()))
        clock.advance(seconds=lengths[-1])
        await reserve()

    assert lengths == [60, 120, 150, 150]


async def test_another_address_and_another_account_are_not_blocked(reserve):
    await fail(reserve, 3)

    await reserve(client_address="192.0.2.2")
    await reserve(subject="bob@shop.example")


async def test_a_success_ends_the_blocks_of_every_address(reserve, units, limiter):
    await fail(reserve, 3)
    await reserve(client_address="192.0.2.2")
    await reserve(subject="bob@shop.example")

    await units.write(lambda connection: limiter.succeeded(connection, ADA))

    assert await count(units, LoginFailureRow) == 1
    await fail(reserve, 3)


async def test_failures_that_were_left_alone_for_a_day_are_forgotten(reserve, clock):
    await fail(reserve, 2)
    clock.advance(hours=24)

    await fail(reserve, 3)

    assert await refusal(reserve()) == 60


async def test_failures_within_a_day_are_not_forgotten(reserve, clock):
    await fail(reserve, 2)
    clock.advance(hours=24, seconds=-1)
    await reserve()

    assert await refusal(reserve()) == 60


async def test_parallel_attempts_get_no_more_tries_than_the_limit(reserve):
    outcomes = await asyncio.gather(*(reserve() for _ in range(20)), return_exceptions=True)

    assert sum(outcome is None for outcome in outcomes) == 3
    assert sum(isinstance(outcome, TooManyAttempts) for outcome in outcomes) == 17


async def test_a_block_survives_a_restart(reserve, limiter, database_url):
    await fail(reserve, 3)
    restarted = open_units(database_url, pytest.fail)

    attempt = restarted.write(lambda connection: limiter.reserve(connection, ADA, HOME))

    assert await refusal(attempt) == 60
    await restarted.close()


async def test_over_long_names_are_limited_too(reserve, units, limiter):
    await reserve("a" * 400, "f" * 100)
    await reserve("a" * 401, "f" * 100)
    await reserve("a" * 402, "f" * 100)

    assert await refusal(reserve("a" * 403, "f" * 101)) == 60
    await units.write(lambda connection: limiter.succeeded(connection, "a" * 400))
    await reserve("a" * 403, "f" * 101)


async def test_a_mailbox_gets_a_few_mails_an_hour(allow):
    assert [await allow() for _ in range(5)] == [True, True, True, False, False]


async def test_other_mailboxes_get_theirs(allow):
    for _ in range(4):
        await allow()

    assert await allow("bob@shop.example")


async def test_the_hour_starts_with_the_first_mail(allow, clock):
    for _ in range(4):
        await allow()

    clock.advance(minutes=59)
    assert not await allow()
    clock.advance(minutes=1)
    assert [await allow() for _ in range(4)] == [True, True, True, False]


async def test_parallel_mails_are_no_more_than_the_limit(allow):
    allowed = await asyncio.gather(*(allow() for _ in range(20)))

    assert sum(allowed) == 3


async def test_over_long_mailboxes_are_limited_too(allow):
    assert [await allow("a" * length) for length in (400, 401, 402, 403)] == [True] * 3 + [False]


async def test_nothing_is_limited_when_limits_are_off(units):
    logins, mailboxes = UnlimitedLogins(), UnlimitedMailboxes()

    def work(connection):
        for _ in range(20):
            logins.reserve(connection, ADA, HOME)
            logins.check(connection, ADA, HOME)
        logins.succeeded(connection, ADA)
        return [mailboxes.allow(connection, ADA) for _ in range(20)]

    assert await units.write(work) == [True] * 20
    assert await count(units, LoginFailureRow) == 0
    assert await count(units, MailboxLimitRow) == 0


async def test_forgetting_an_email_leaves_nothing_of_it(reserve, allow, units):
    await reserve()
    await reserve(client_address="192.0.2.2")
    await allow()
    await reserve(subject="bob@shop.example")
    await allow("bob@shop.example")

    forgotten = await units.write(lambda connection: forget(connection, ADA))

    again = await units.write(lambda connection: forget(connection, ADA))
    assert (forgotten, again) == (3, 0)
    assert await count(units, LoginFailureRow) == 1
    assert await count(units, MailboxLimitRow) == 1


async def test_a_purge_removes_what_was_not_touched_since(reserve, allow, units, clock):
    await reserve()
    await allow()
    clock.advance(hours=1)
    await reserve(client_address="192.0.2.2")
    await allow("bob@shop.example")
    moment = clock.now()

    purged = await units.write(lambda connection: purge(connection, moment))
    rest = await units.write(lambda connection: purge(connection, moment + timedelta(seconds=1)))

    assert (purged, rest) == (2, 2)
    assert await count(units, LoginFailureRow) == 0
    assert await count(units, MailboxLimitRow) == 0


async def test_a_check_counts_nothing_and_tells_a_block(limiter, units, clock):
    def reserve(connection):
        limiter.check(connection, ADA, HOME)
        limiter.reserve(connection, ADA, HOME)

    for _ in range(3):
        await units.write(reserve)

    with pytest.raises(TooManyAttempts) as blocked:
        await units.read(lambda it: limiter.check(it, ADA, HOME))
    assert blocked.value.retry_after_seconds == 60
    await units.read(lambda it: limiter.check(it, ADA, "192.0.2.2"))
    clock.advance(seconds=60)
    await units.read(lambda it: limiter.check(it, ADA, HOME))
