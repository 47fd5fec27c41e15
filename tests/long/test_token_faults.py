"""Tokens at two server processes that share nothing but a database and a signing key."""

import asyncio
from functools import partial

import httpx
import pytest

from customer_api.tokens.models import RefreshTokenRow
from tests.long.racing import (
    Racers,
    count_of,
    log_in,
    mailed_keys,
    outcomes,
    register,
    rounds,
)
from tests.shop import OTHER_PASSWORD, PASSWORD

pytestmark = pytest.mark.long

SECONDS = 60.0
CRASHES = 15
FEWEST_CRASHES = 5
LATEST_CRASH_SECONDS = 0.02
READS = 10
NO_OPT_IN = {"CUSTOMER_API_DOUBLE_OPT_IN": "false"}


@pytest.fixture
def servers(start):
    return start("one", NO_OPT_IN), start("other", NO_OPT_IN)


async def log_out(racers, _servers, looked_at, other):
    return await racers.call("DELETE", "/refresh-tokens/mine", token=other["accessToken"])


async def end_session(racers, _servers, looked_at, other):
    path = f"/refresh-tokens/{looked_at['refreshToken']}"
    return await racers.call("DELETE", path, token=other["accessToken"])


async def change_password(racers, _servers, _looked_at, other):
    token = other["accessToken"]
    reference = (await racers.call("GET", "/customers", token=token)).json()["data"][0]["id"]
    passwords = {"newPassword": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
    attributes = {"password": PASSWORD, **passwords}
    return await racers.call("PATCH", f"/customer-password/{reference}", attributes, token=token)


async def restore_password(racers, servers, _looked_at, other):
    token = other["accessToken"]
    found = (await racers.call("GET", "/customers", token=token)).json()["data"][0]
    email = found["attributes"]["email"]
    await racers.call("POST", "/customer-forgotten-password", {"email": email})
    keys = await mailed_keys(servers, "Set a new password", {email})
    passwords = {"password": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
    attributes = {"restorePasswordKey": keys[email], **passwords}
    return await racers.call("PATCH", "/customer-restore-password/x", attributes)


async def erase(racers, _servers, _looked_at, other):
    token = other["accessToken"]
    reference = (await racers.call("GET", "/customers", token=token)).json()["data"][0]["id"]
    return await racers.call("DELETE", f"/customers/{reference}", token=token)


EVENTS = (log_out, end_session, change_password, restore_password, erase)


@pytest.mark.promise("G3", "S30", "S31", "S32")
async def test_every_process_refuses_from_the_answer_on(servers):
    done = 0
    async with Racers(*servers) as racers:
        for number in rounds(SECONDS, 10 * len(EVENTS)):
            await register(racers, 1, first=number)
            looked_at, other = await log_in(racers, number), await log_in(racers, number)
            read = partial(racers.call, "GET", "/customers", token=looked_at["accessToken"])
            before = await asyncio.gather(*(read(server=it) for it in range(READS)))

            event = await EVENTS[number % len(EVENTS)](racers, servers, looked_at, other)
            after = await asyncio.gather(*(read(server=it) for it in range(READS)))

            done += 1
            assert outcomes(before) == {(200, None): READS}
            assert event.status_code == 204
            assert outcomes(after) == {(401, "001"): READS}
    assert done >= len(EVENTS)


@pytest.mark.promise("G4", "S26")
async def test_a_process_that_dies_in_a_refresh_costs_no_session(servers, start, units):
    (one, other), done = servers, 0
    async with Racers(other) as survivors:
        await register(survivors, 1)
        token = (await log_in(survivors, 0))["refreshToken"]
        for number in rounds(SECONDS, CRASHES):
            async with Racers(one) as racers:
                lost = asyncio.create_task(refresh(racers, token))
                await asyncio.sleep(LATEST_CRASH_SECONDS * number / CRASHES)
                one.process.kill()
                answers = await asyncio.gather(lost, return_exceptions=True)

            answers += [await refresh(survivors, token) for _ in range(2)]

            done += 1
            assert all(isinstance(it, httpx.Response | httpx.TransportError) for it in answers)
            granted = [it for it in answers if isinstance(it, httpx.Response)]
            assert outcomes(granted) == {(201, None): len(granted)}
            (token,) = {it.json()["data"]["attributes"]["refreshToken"] for it in granted}
            assert await count_of(units, RefreshTokenRow) == 1 + done
            one = start("one", NO_OPT_IN)
    assert done >= FEWEST_CRASHES


async def refresh(racers, token):
    return await racers.call("POST", "/refresh-tokens", {"refreshToken": token})
