"""A fault at any call of the database: afterwards nothing has happened, or everything."""

import pytest

from customer_api.customers.models import CustomerRow
from tests.faults.flows import FLOWS
from tests.faults.injection import fail, injected, lose_answer, lose_connection
from tests.faults.sweep import NOTHING, Outcome, sweep
from tests.shop import registration
from tests.tables import rows


async def swept(shop, name, act):
    flow = FLOWS[name]

    async def attempt(number, email, prepared):
        with injected(act, number) as injection:
            answer = await flow.act(shop, email, prepared)
        return Outcome(injection.was_reached, answer.status_code)

    return await sweep(shop, flow, attempt)


@pytest.mark.promise("G8")
@pytest.mark.parametrize("name", FLOWS)
async def test_a_fault_at_any_call_leaves_nothing_half_done(open_shop, name):
    shop = await open_shop(rate_limits="off")

    result = await swept(shop, name, fail)

    assert len(result.outcomes) > 3
    assert result.changes[-1] != NOTHING
    assert result.half_done == set()
    assert result.hit_statuses == {500}
    assert result.outcomes[-1].status == FLOWS[name].success


@pytest.mark.promise("G8", "G12")
@pytest.mark.parametrize("act", [lose_connection, lose_answer])
@pytest.mark.parametrize("name", ["registration", "refresh", "erasure"])
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_connection_lost_at_any_call_is_503_and_leaves_nothing_half_done(
    open_shop, name, act
):
    shop = await open_shop(rate_limits="off")

    result = await swept(shop, name, act)

    assert result.half_done == set()
    assert result.hit_statuses <= {503, FLOWS[name].success}
    assert result.outcomes[-1].status == FLOWS[name].success


@pytest.mark.promise("G9", "S119")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_client_whose_answer_was_lost_finds_out_by_repeating_with_its_key(open_shop):
    shop = await open_shop(rate_limits="off")
    references = set()
    number, was_reached = 0, True

    while was_reached:
        number += 1
        attributes = registration(email=f"ada{number}@shop.example")
        key = {"Idempotency-Key": f"registration-{number}"}
        with injected(lose_answer, number) as injection:
            await shop.call("POST", "/customers", attributes, headers=key)
        was_reached = injection.was_reached

        # The lost connection may still be in the pool (503), the claim not yet overdue (409).
        statuses = []
        while not statuses or statuses[-1] in {503, 409}:
            repeated = await shop.call("POST", "/customers", attributes, headers=key)
            statuses.append(repeated.status_code)
            shop.clock.advance(seconds=31)

        assert statuses[-1] == 201
        assert len(statuses) <= 3
        references.add(repeated.json()["data"]["id"])

    assert len(references) == len(await rows(shop, CustomerRow)) == number > 3
