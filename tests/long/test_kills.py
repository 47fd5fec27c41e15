"""`kill -9` at every call of the database, of every flow that writes."""

from functools import partial

import pytest

from tests.faults.flows import FLOWS
from tests.faults.sweep import NOTHING, sweep
from tests.long.killed import Killer

pytestmark = pytest.mark.long


@pytest.mark.promise("G8")
@pytest.mark.parametrize("name", FLOWS)
async def test_a_kill_at_any_call_leaves_nothing_half_done(make_settings, open_shop, name):
    shop = await open_shop(rate_limits="off")
    killer = Killer(make_settings(rate_limits="off").model_dump())

    result = await sweep(shop, FLOWS[name], partial(killer.attempt, name))

    assert len(result.outcomes) > 3
    assert result.hit_statuses == {None}
    assert result.half_done == set()
    assert result.changes[-1] != NOTHING
    assert result.outcomes[-1].status == FLOWS[name].success
