"""Claims: one worker at a time, and what a late one notes changes nothing."""

from datetime import timedelta
from functools import partial

import pytest

from customer_api.core.errors import DatabaseUnavailable
from customer_api.events import deliveries, log
from customer_api.events.errors import ClaimLost
from tests.events.conftest import CART


@pytest.fixture
async def claim(event_log, clock):
    """Take the claim on a receiver that lacks an event, as a worker with a name."""
    subscription = await event_log.subscribe()
    await event_log.record("a")
    await event_log.number()

    async def take(by):
        now = clock.now()
        work = partial(
            deliveries.claim,
            subscription_id=subscription.id,
            by=by,
            now=now,
            until=now + timedelta(seconds=30),
        )
        return await event_log.units.write(work)

    return take


async def test_a_claim_is_taken_once(claim, clock):
    first, second = await claim("one"), await claim("two")
    clock.advance(seconds=30)

    assert (first.by, second) == ("one", None)
    assert (await claim("two")).by == "two"


async def test_a_claim_that_is_given_back_is_free(event_log, claim):
    await event_log.units.write(partial(deliveries.release, held=await claim("one")))

    assert (await claim("two")).by == "two"


async def test_a_renewed_claim_lasts_longer(event_log, claim, clock):
    held = await claim("one")
    until = clock.now() + timedelta(seconds=60)

    renewed = await event_log.units.write(partial(deliveries.renew, held=held, until=until))
    clock.advance(seconds=59)

    assert renewed.until == until
    assert await claim("two") is None


@pytest.mark.parametrize("what", ["renew", "move_on", "settle", "pause"])
async def test_whoever_lost_a_claim_notes_nothing(event_log, claim, clock, what):
    held = await claim("one")
    clock.advance(seconds=30)
    other = await claim("two")
    (event,) = await event_log.units.read(lambda it: log.list_behind(it, 0, most=1))
    now = clock.now()
    works = {
        "renew": partial(deliveries.renew, held=held, until=now),
        "move_on": partial(
            deliveries.move_on, held=held, position=1, set_aside=(), has_taken=True, now=now
        ),
        "settle": partial(deliveries.settle, held=held, delivered=[event], failed=None, now=now),
        "pause": partial(deliveries.pause, held=held, error="timeout", until=now),
    }

    with pytest.raises(ClaimLost):
        await event_log.units.write(works[what])

    assert (await event_log.progress(held.subscription)).subscription == other.subscription


async def test_of_two_workers_that_find_a_receiver_at_once_one_delivers(
    event_log, claim, make_worker, receivers
):
    held = await claim("one")

    await make_worker()._serve(held.subscription.id, None)  # noqa: SLF001 - found before it was claimed

    assert receivers.asked[CART] == []


async def test_without_a_database_nothing_is_claimed(event_log, make_worker, receivers):
    subscription = await event_log.subscribe()

    class NoUnits:
        async def write(self, _work):
            raise DatabaseUnavailable

    await make_worker(units=NoUnits())._serve(subscription.id, None)  # noqa: SLF001

    assert receivers.asked[CART] == []
