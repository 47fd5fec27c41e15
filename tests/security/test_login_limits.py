import asyncio
import logging

import pytest

from customer_api.core.db import open_units
from customer_api.security.clients import Clients
from customer_api.security.counters import NOTHING, DatabaseStore, Kind
from customer_api.security.login_limits import LoginLimiter, LoginRules, LoginSlowed
from customer_api.security.rate_limit import (
    Throttled,
    TooManyAttempts,
    TooManyRequests,
)

ADA = "ada@shop.example"
HOME = "192.0.2.1"
RULES = {
    "failure_limit": 3,
    "block_seconds": 60,
    "block_max_seconds": 150,
    "stranger_failure_limit": 1000,
    "client_failure_limit": 0,
}
CLIENTS = Clients(lambda: [b"secret"])
ROTATED = Clients(lambda: [b"new", b"secret"])


@pytest.fixture
def store(units, clock):
    return DatabaseStore(units, clock)


@pytest.fixture
def make_limiter(store):
    def make(**changes):
        return LoginLimiter(store=store, clients=CLIENTS, rules=LoginRules(**RULES | changes))

    return make


@pytest.fixture
def limiter(make_limiter):
    return make_limiter()


@pytest.fixture
def succeed(units, limiter):
    async def attempt(subject=ADA, client_address=HOME, limiter=limiter):
        await units.write(lambda it: limiter.succeeded(it, subject, client_address))

    return attempt


@pytest.fixture
def reserve(limiter):
    async def attempt(subject=ADA, client_address=HOME):
        await limiter.reserve(subject, client_address)

    return attempt


async def refusal(attempt, kind=TooManyAttempts):
    """Return after how many seconds a refused attempt may be repeated."""
    with pytest.raises(Throttled) as caught:
        await attempt
    assert type(caught.value) is kind
    return caught.value.retry_after_seconds


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


async def test_a_success_ends_the_blocks_of_every_address(reserve, succeed):
    await fail(reserve, 3)
    await reserve(client_address="192.0.2.2")

    await succeed(ADA, "192.0.2.2")

    await fail(reserve, 3)
    assert await refusal(reserve()) == 60


async def test_a_success_leaves_the_failures_of_other_accounts(reserve, succeed):
    for _ in range(3):
        await reserve(subject="bob@shop.example")

    await succeed(ADA, HOME)

    assert await refusal(reserve(subject="bob@shop.example")) == 60


async def test_failures_are_forgotten_after_a_day(reserve, clock):
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


class Blinded:
    """Counters that show no block, as to parallel attempts that looked at the same moment."""

    def __init__(self, counters):
        self._counters = counters

    def __getattr__(self, name):
        return getattr(self._counters, name)

    def look(self, name):
        return NOTHING if name.kind == Kind.LOGIN_BLOCK else self._counters.look(name)


class BlindedStore(DatabaseStore):
    def counters(self, connection, *, subject):
        return Blinded(super().counters(connection, subject=subject))


async def test_attempts_that_looked_before_the_block_have_no_try(units, clock):
    store = BlindedStore(units, clock)
    limiter = LoginLimiter(store=store, clients=CLIENTS, rules=LoginRules(**RULES))
    for _ in range(3):
        await limiter.reserve(ADA, HOME)

    assert await refusal(limiter.reserve(ADA, HOME)) == 60
    assert await refusal(limiter.reserve(ADA, HOME)) == 60


async def test_a_block_survives_a_restart(reserve, database_url, clock):
    await fail(reserve, 3)
    restarted = open_units(database_url, pytest.fail)
    limiter = LoginLimiter(
        store=DatabaseStore(restarted, clock), clients=CLIENTS, rules=LoginRules(**RULES)
    )

    assert await refusal(limiter.reserve(ADA, HOME)) == 60
    await restarted.close()


async def test_over_long_names_are_limited_too(reserve, succeed):
    for _ in range(3):
        await reserve("a" * 400, "f" * 100)

    assert await refusal(reserve("a" * 400, "f" * 100)) == 60
    await succeed("a" * 400, "f" * 100)
    await reserve("a" * 400, "f" * 100)


async def fail_from_everywhere(limiter, times, *, start=0):
    for number in range(start, start + times):
        await limiter.reserve(ADA, f"198.51.100.{number}")


async def test_strangers_wait_between_tries_when_many_failed(make_limiter, clock):
    limiter = make_limiter(stranger_failure_limit=5)
    await fail_from_everywhere(limiter, 6)

    lengths = []
    for number in range(7):
        lengths.append(await refusal(limiter.reserve(ADA, f"203.0.113.{number}"), LoginSlowed))
        assert await refusal(limiter.reserve(ADA, "203.0.113.99"), LoginSlowed) == lengths[-1]
        clock.advance(seconds=lengths[-1])
        await limiter.reserve(ADA, f"203.0.113.{number}")

    assert lengths == [1, 2, 4, 8, 16, 30, 30]


async def test_of_parallel_strangers_one_at_a_time_has_its_try(make_limiter):
    limiter = make_limiter(stranger_failure_limit=5)

    outcomes = await asyncio.gather(
        *(limiter.reserve(ADA, f"198.51.100.{number}") for number in range(20)),
        return_exceptions=True,
    )

    assert sum(not isinstance(outcome, LoginSlowed) for outcome in outcomes) == 6


async def test_who_logged_in_before_is_not_slowed(make_limiter, clock, succeed):
    limiter = make_limiter(stranger_failure_limit=5)
    await succeed(ADA, HOME)
    await fail_from_everywhere(limiter, 6)

    await limiter.reserve(ADA, HOME)

    assert await refusal(limiter.reserve(ADA, "203.0.113.1"), LoginSlowed) == 1


async def test_a_client_is_known_for_ninety_days_after_its_last_login(make_limiter, clock, succeed):
    limiter = make_limiter(stranger_failure_limit=5)
    await succeed(ADA, HOME)
    clock.advance(days=89)
    await succeed(ADA, HOME)
    clock.advance(days=89)
    await fail_from_everywhere(limiter, 6)

    await limiter.reserve(ADA, HOME)
    clock.advance(days=1)
    await fail_from_everywhere(limiter, 6, start=10)

    assert await refusal(limiter.reserve(ADA, HOME), LoginSlowed) == 1


async def test_a_success_lets_strangers_try_again(make_limiter, succeed):
    limiter = make_limiter(stranger_failure_limit=1)
    await fail_from_everywhere(limiter, 2)

    await succeed(ADA, HOME)

    await limiter.reserve(ADA, "203.0.113.1")


async def test_a_client_may_not_try_many_accounts(make_limiter, clock):
    limiter = make_limiter(client_failure_limit=4)
    for number in range(4):
        await limiter.reserve(f"{number}@shop.example", HOME)

    assert await refusal(limiter.reserve("4@shop.example", HOME), TooManyRequests) == 600
    await limiter.reserve("4@shop.example", "192.0.2.2")
    clock.advance(minutes=10)
    await limiter.reserve("4@shop.example", HOME)


async def test_logins_that_succeed_are_no_failures_of_their_client(make_limiter, succeed):
    limiter = make_limiter(client_failure_limit=4)

    for number in range(10):
        await limiter.reserve(f"{number}@shop.example", HOME)
        await succeed(f"{number}@shop.example", HOME)

    await fail(lambda: limiter.reserve("new@shop.example", HOME), 3)


async def test_who_logged_in_before_is_not_hindered_by_others_at_the_same_address(
    make_limiter, succeed
):
    limiter = make_limiter(client_failure_limit=4)
    await succeed(ADA, HOME)
    for number in range(4):
        await limiter.reserve(f"{number}@shop.example", HOME)

    await limiter.reserve(ADA, HOME)
    await succeed(ADA, HOME)

    assert await refusal(limiter.reserve("4@shop.example", HOME), TooManyRequests) == 600


async def test_an_attempt_that_was_not_judged_counts_as_none(limiter, reserve):
    for _ in range(10):
        await limiter.give_back(await limiter.reserve(ADA, HOME))

    await fail(reserve, 3)

    assert await refusal(reserve()) == 60


async def test_given_back_attempts_leave_the_next_block_as_short(limiter, reserve, clock):
    await fail(reserve, 3)
    clock.advance(seconds=60)
    await limiter.give_back(await limiter.reserve(ADA, HOME))

    await reserve()

    assert await refusal(reserve()) == 120


async def test_attempts_that_were_not_judged_slow_no_stranger(make_limiter):
    limiter = make_limiter(stranger_failure_limit=5, client_failure_limit=1)
    for number in range(10):
        address = f"198.51.100.{number}"
        await limiter.give_back(await limiter.reserve(ADA, address))
        await limiter.give_back(await limiter.reserve("bob@shop.example", address))

    await fail_from_everywhere(limiter, 6)


async def test_blocks_outlive_a_new_key(make_limiter, store, reserve, clock):
    rotated = LoginLimiter(store=store, clients=ROTATED, rules=LoginRules(**RULES))
    await fail(reserve, 2)

    await rotated.reserve(ADA, HOME)
    assert await refusal(rotated.reserve(ADA, HOME)) == 60
    clock.advance(seconds=60)
    await reserve()

    assert await refusal(rotated.check(ADA, HOME)) == 60


async def test_an_owner_is_no_stranger_after_a_new_key(make_limiter, store, succeed):
    rules = LoginRules(**RULES | {"stranger_failure_limit": 5})
    rotated = LoginLimiter(store=store, clients=ROTATED, rules=rules)
    await succeed()
    await fail_from_everywhere(rotated, 6)

    await rotated.reserve(ADA, HOME)

    assert await refusal(rotated.reserve(ADA, "203.0.113.1"), LoginSlowed) == 1


@pytest.mark.parametrize(
    ("rules", "event", "limit", "seconds"),
    [
        ({"failure_limit": 1}, "login_blocked", "login_block", 60),
        ({"stranger_failure_limit": 1}, "login_slowed", "stranger_pause", 1),
        ({"client_failure_limit": 2}, "rate_limited", "client_logins", 600),
    ],
)
async def test_a_refusal_is_an_event_without_personal_data(
    make_limiter, caplog, *, rules, event, limit, seconds
):
    limiter = make_limiter(**rules)
    caplog.set_level(logging.INFO)

    with pytest.raises(Throttled):
        for _ in range(3):  # pragma: no branch - it ends by the refusal
            await limiter.reserve(ADA, HOME)

    (found,) = caplog.records
    assert (found.getMessage(), found.category) == (event, "security")
    assert (found.limit, found.retry_after_seconds) == (limit, seconds)
    assert not {ADA, HOME} & {str(value) for value in vars(found).values()}


async def test_a_check_counts_nothing_and_tells_a_block(limiter, clock):
    for _ in range(3):
        await limiter.check(ADA, HOME)
        await limiter.reserve(ADA, HOME)

    assert await refusal(limiter.check(ADA, HOME)) == 60
    await limiter.check(ADA, "192.0.2.2")
    clock.advance(seconds=60)
    await limiter.check(ADA, HOME)


async def test_strangers_to_one_account_do_not_slow_those_to_another(make_limiter):
    limiter = make_limiter(stranger_failure_limit=1)
    for subject in (ADA, "bob@shop.example"):
        await limiter.reserve(subject, "198.51.100.1")

        await limiter.reserve(subject, "198.51.100.2")

    assert await refusal(limiter.reserve(ADA, "198.51.100.3"), LoginSlowed) == 1
