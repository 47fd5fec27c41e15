"""Races for an address against two server processes."""

import pytest

from tests.long.racing import PARALLEL, Racers, outcomes, rounds
from tests.shop import registration

pytestmark = pytest.mark.long

RACE_SECONDS = 60.0
FEWEST_ROUNDS = 20


async def test_one_address_is_registered_once_in_any_spelling(start):
    server = start("server", {"CUSTOMER_API_DOUBLE_OPT_IN": "false"}, workers=2)
    done = 0
    async with Racers(server) as racers:
        for number in rounds(RACE_SECONDS, FEWEST_ROUNDS):
            spellings = [f"Ada{number}@shop.example", f"aDA{number}@SHOP.example"]

            answers = await racers.race(
                "POST",
                "/customers",
                [registration(email=spellings[it % 2]) for it in range(PARALLEL)],
            )

            done += 1
            assert outcomes(answers) == {(201, None): 1, (422, "400"): PARALLEL - 1}
    assert done == FEWEST_ROUNDS
