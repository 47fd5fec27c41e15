import asyncio

import pytest
from sqlalchemy import func, select

from customer_api.security.clients import Clients
from customer_api.security.counters import CounterRow, DatabaseStore, Kind
from customer_api.security.rate_limit import (
    MailboxLimiter,
    RequestLimiter,
    Throttled,
    TooManyRequests,
)
from customer_api.security.unlimited import (
    UnlimitedLogins,
    UnlimitedMailboxes,
    UnlimitedRequests,
)

ADA = "ada@shop.example"
HOME = "192.0.2.1"
CLIENTS = Clients(lambda: [b"secret"])
ROTATED = Clients(lambda: [b"new", b"secret"])


@pytest.fixture
def store(units, clock):
    return DatabaseStore(units, clock)


@pytest.fixture
def allow(units, clock):
    limiter = MailboxLimiter(clock=clock, mails_per_hour=3)

    async def ask(mailbox=ADA):
        return await units.write(lambda connection: limiter.allow(connection, mailbox))

    return ask


async def count(units):
    statement = select(func.count()).select_from(CounterRow)
    return await units.read(lambda connection: connection.execute(statement).scalar_one())


async def refusal(attempt, kind):
    """Return after how many seconds a refused attempt may be repeated."""
    with pytest.raises(Throttled) as caught:
        await attempt
    assert type(caught.value) is kind
    return caught.value.retry_after_seconds


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2", True),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "192.0.2.2", False),
        ("a socket", "a socket", True),
    ],
)
def test_an_ipv6_client_counts_by_its_network(one, other, are_one):
    assert (CLIENTS.names(one) == CLIENTS.names(other)) is are_one


def test_names_of_clients_need_the_key():
    (name,) = CLIENTS.names(HOME)
    new, old = ROTATED.names(HOME)

    assert name == old != new


async def test_each_kind_of_request_has_its_own_limit(store, clock):
    limits = {Kind.REGISTRATIONS: 2, Kind.REFRESHES: 0}
    limiter = RequestLimiter(counters=store, clients=CLIENTS, limits=limits)
    for _ in range(2):
        await limiter.count(Kind.REGISTRATIONS, HOME)
    clock.advance(minutes=1)

    assert await refusal(limiter.count(Kind.REGISTRATIONS, HOME), TooManyRequests) == 540
    await limiter.count(Kind.REGISTRATIONS, "192.0.2.2")
    for _ in range(5):
        await limiter.count(Kind.REFRESHES, HOME)
    clock.advance(minutes=9)
    await limiter.count(Kind.REGISTRATIONS, HOME)


async def test_parallel_requests_are_no_more_than_the_limit(store):
    limiter = RequestLimiter(counters=store, clients=CLIENTS, limits={Kind.KEY_USES: 3})

    outcomes = await asyncio.gather(
        *(limiter.count(Kind.KEY_USES, HOME) for _ in range(20)), return_exceptions=True
    )

    assert sum(outcome is None for outcome in outcomes) == 3


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


async def test_notices_are_counted_apart_from_mails_that_strangers_ask_for(units, clock):
    limiter = MailboxLimiter(clock=clock, mails_per_hour=3)

    def ask(connection):
        mails = [limiter.allow(connection, ADA) for _ in range(4)]
        return mails, [limiter.allow_notice(connection, ADA) for _ in range(4)]

    mails, notices = await units.write(ask)

    assert mails == notices == [True, True, True, False]


async def test_parallel_mails_are_no_more_than_the_limit(allow):
    allowed = await asyncio.gather(*(allow() for _ in range(20)))

    assert sum(allowed) == 3


async def test_nothing_is_limited_when_limits_are_off(units):
    logins, requests, mailboxes = UnlimitedLogins(), UnlimitedRequests(), UnlimitedMailboxes()

    for _ in range(20):
        await logins.check(ADA, HOME)
        await logins.give_back(await logins.reserve(ADA, HOME))
        await units.write(lambda connection: logins.succeeded(connection, ADA, HOME))
        await requests.count(Kind.REFRESHES, HOME)
        assert await units.write(lambda connection: mailboxes.allow(connection, ADA))
        assert await units.write(lambda connection: mailboxes.allow_notice(connection, ADA))

    assert await count(units) == 0
