import pytest
from sqlalchemy import select

from customer_api.security.counters import (
    NOTHING,
    Count,
    CounterName,
    CounterRow,
    DatabaseStore,
    Kind,
    forget,
    purge,
)

ADA, BOB = "ada@shop.example", "bob@shop.example"
FAILURES = CounterName(Kind.LOGIN_FAILURES, ADA, "client")
REFRESHES = CounterName(Kind.REFRESHES, client="client")


@pytest.fixture
def run(units, clock):
    store = DatabaseStore(units, clock)

    async def run(rule):
        return await store.run(rule, subject=ADA)

    return run


async def found(units):
    """Return kind and subject of all counters."""
    statement = select(CounterRow.kind, CounterRow.subject).order_by(CounterRow.kind)
    return [tuple(row) for row in await units.read(lambda it: it.execute(statement).all())]


async def test_a_counter_starts_anew_when_its_time_is_over(run, clock):
    first = await run(lambda it: it.add(FAILURES, seconds=60))
    clock.advance(seconds=59)
    second = await run(lambda it: it.add(FAILURES, seconds=60))
    clock.advance(seconds=1)
    seen = await run(lambda it: it.look(FAILURES))
    third = await run(lambda it: it.add(FAILURES, seconds=60))

    assert [first, second, seen, third] == [Count(1, 60), Count(2, 1), NOTHING, Count(1, 60)]


async def test_looking_counts_nothing(run):
    before = await run(lambda it: it.look(FAILURES))
    await run(lambda it: it.add(FAILURES, seconds=60))
    after = [await run(lambda it: it.look(FAILURES)) for _ in range(2)]

    assert before == NOTHING
    assert after == [Count(1, 60)] * 2


async def test_no_more_is_taken_back_than_was_counted(run):
    await run(lambda it: it.take_back(FAILURES))
    await run(lambda it: it.add(FAILURES, seconds=60))
    for _ in range(2):
        await run(lambda it: it.take_back(FAILURES))

    assert await run(lambda it: it.add(FAILURES, seconds=60)) == Count(1, 60)


async def test_a_restarted_counter_has_its_whole_time_again(run, clock):
    for _ in range(2):
        await run(lambda it: it.restart(FAILURES, seconds=60))
        clock.advance(seconds=40)

    assert await run(lambda it: it.look(FAILURES)) == Count(1, 20)


async def test_names_that_differ_in_any_part_are_different_counters():
    names = {
        CounterName(Kind.LOGIN_FAILURES, ADA, "client"),
        CounterName(Kind.LOGIN_BLOCK, ADA, "client"),
        CounterName(Kind.LOGIN_FAILURES, BOB, "client"),
        CounterName(Kind.LOGIN_FAILURES, ADA, "other"),
        CounterName(Kind.LOGIN_FAILURES, ADA),
        CounterName(Kind.LOGIN_FAILURES, client="client"),
    }

    assert len({name.key for name in names}) == 6


async def fill(run):
    for name in (
        FAILURES,
        CounterName(Kind.KNOWN_CLIENT, ADA, "client"),
        CounterName(Kind.MAILS, BOB),
        REFRESHES,
    ):
        await run(lambda it, name=name: it.add(name, seconds=60))


async def test_some_kinds_of_one_address_can_be_forgotten(run, units):
    await fill(run)

    await run(lambda it: it.forget(ADA, frozenset({Kind.LOGIN_FAILURES, Kind.MAILS})))

    assert await found(units) == [("known_client", ADA), ("mails", BOB), ("refreshes", None)]


async def test_forgetting_an_address_leaves_nothing_of_it(run, units, clock):
    await fill(run)

    forgotten = [await units.write(lambda it: forget(it, ADA)) for _ in range(2)]

    assert forgotten == [2, 0]
    assert await found(units) == [("mails", BOB), ("refreshes", None)]


async def test_a_purge_removes_what_is_over(run, units, clock):
    await fill(run)
    clock.advance(seconds=30)
    await run(lambda it: it.restart(FAILURES, seconds=60))
    clock.advance(seconds=30)

    purged = await units.write(lambda it: purge(it, clock.now(), 10))

    assert purged == 3
    assert await found(units) == [("login_failures", ADA)]


async def test_no_address_of_a_client_is_stored(shop):
    await shop.log_in()
    await shop.register()

    statement = select(CounterRow)
    stored = await shop.container.units.read(lambda it: it.execute(statement).all())

    assert {row.kind for row in stored} >= {"login_failures", "registrations", "client_logins"}
    assert "192.0.2.1" not in str(stored)
