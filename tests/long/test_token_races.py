"""Secrets that work once, used by many at the same time at two workers of one server."""

import asyncio
import json
from collections import Counter
from functools import partial

import pytest

from customer_api.tokens.models import RefreshTokenRow, SessionRow
from tests.long.racing import (
    FEWEST_ROUNDS,
    PARALLEL,
    ROUNDS,
    Racers,
    address,
    count_of,
    in_portions,
    log_in,
    mailed_keys,
    outcomes,
    register,
    rounds,
)
from tests.security.forging import part

pytestmark = pytest.mark.long

RACE_SECONDS = 150.0
KEYS = 10_000
CONFIRM = "Please confirm your registration"
EVERYBODY = [address(number) for number in range(ROUNDS)]
NO_RESTORE_KEY, NO_CONFIRMATION_KEY, NO_REFRESH = "415", "423", "004"


@pytest.fixture
def server(start):
    return start("server", {"CUSTOMER_API_DOUBLE_OPT_IN": "false"}, workers=2)


@pytest.fixture
def strict_server(start):
    """A server whose customers have to confirm."""
    return start("server", workers=2)


@pytest.mark.promise("G4", "S25")
async def test_a_refresh_token_has_one_successor(server, units):
    async with Racers(server) as racers:
        await register(racers, 1)
        tokens = await log_in(racers, 0)
        token, done = tokens["refreshToken"], 0

        for _ in rounds(RACE_SECONDS):
            answers = await racers.race(
                "POST", "/refresh-tokens", [{"refreshToken": token}] * PARALLEL
            )
            done += 1

            granted = [it.json()["data"]["attributes"] for it in answers if it.is_success]
            (token,) = {it["refreshToken"] for it in granted}  # one and the same for all
            assert outcomes(answers).keys() <= {(201, None), (401, NO_REFRESH)}
            assert await count_of(units, RefreshTokenRow) == 1 + done

        family = await racers.call("GET", "/customers", token=tokens["accessToken"])
        assert family.status_code == 200
        assert await count_of(units, SessionRow) == 1
        assert done >= FEWEST_ROUNDS


@pytest.mark.promise("G4")
async def test_a_confirmation_key_works_once(strict_server, units):
    async with Racers(strict_server) as racers:
        await register(racers, ROUNDS)
        keys = await mailed_keys([strict_server], CONFIRM, EVERYBODY)
        done = 0

        for number in rounds(RACE_SECONDS):
            key = {"registrationKey": keys[address(number)]}
            answers = await racers.race("POST", "/customer-confirmation", [key] * PARALLEL)
            done += 1

            assert outcomes(answers) == {(204, None): 1, (422, NO_CONFIRMATION_KEY): PARALLEL - 1}
            assert await log_in(racers, number)

        assert done >= FEWEST_ROUNDS


@pytest.mark.promise("G4", "S49")
async def test_a_restore_key_sets_one_password(server):
    passwords = [f"Corr3ct-Horse-{number}." for number in range(PARALLEL)]
    async with Racers(server) as racers:
        await register(racers, ROUNDS)
        forgotten = "/customer-forgotten-password"
        await in_portions(
            [partial(racers.call, "POST", forgotten, {"email": email}) for email in EVERYBODY]
        )
        keys = await mailed_keys([server], "Set a new password", EVERYBODY)
        done = 0

        for number in rounds(RACE_SECONDS):
            key = keys[address(number)]
            answers = await racers.race(
                "PATCH",
                "/customer-restore-password/x",
                [
                    {"restorePasswordKey": key, "password": it, "confirmPassword": it}
                    for it in passwords
                ],
            )
            done += 1

            assert outcomes(answers) == {(204, None): 1, (422, NO_RESTORE_KEY): PARALLEL - 1}
            (winner,) = (
                it for it, answer in zip(passwords, answers, strict=True) if answer.is_success
            )
            assert await log_in(racers, number, winner)

        assert done >= FEWEST_ROUNDS


@pytest.mark.promise("S103")
async def test_two_workers_make_no_key_twice(server):
    made = Counter()
    async with Racers(server) as racers:
        await register(racers, 1)

        async def log_in_again():
            pair = await log_in(racers, 0)
            claims = json.loads(part(pair["accessToken"], 1))
            made.update((pair["refreshToken"], claims["sid"], claims["jti"]))

        while made.total() < KEYS:
            await asyncio.gather(*(log_in_again() for _ in range(PARALLEL)))

    assert len(made) == made.total()
