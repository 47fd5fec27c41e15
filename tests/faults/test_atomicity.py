"""A fault at any call of the database: afterwards nothing has happened, or everything."""

import pytest

from tests.faults.flows import FLOWS
from tests.faults.injection import fail, injected, lose_answer, lose_connection
from tests.faults.sweep import NOTHING, Outcome, sweep


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
