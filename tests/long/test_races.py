"""Races against two server processes; each takes minutes, so `make test-long` runs them."""

import asyncio
from collections import Counter

import httpx
import pytest

from tests.blackbox.server import start_server
from tests.shop import PASSWORD, registration

pytestmark = pytest.mark.long

ROUNDS = 20
PARALLEL = 50


@pytest.fixture
def server(tmp_path, database_url):
    environment = {
        "CUSTOMER_API_DATABASE_URL": database_url,
        "CUSTOMER_API_DOUBLE_OPT_IN": "false",
        "CUSTOMER_API_RATE_LIMITS": "off",
        "CUSTOMER_API_LOG_LEVEL": "warning",
        "CUSTOMER_API_DATABASE_BUSY_TIMEOUT_SECONDS": "30",
    }
    with start_server(tmp_path, environment, workers=2) as running:
        yield running


def document(resource_type, attributes):
    return {"data": {"type": resource_type, "attributes": attributes}}


async def at_once(server, requests):
    """Send all requests at the same time, each over a connection of its own."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=f"{server.url}/v1", limits=limits, timeout=60, trust_env=False
    ) as client:
        return await asyncio.gather(*(client.post(path, json=body) for path, body in requests))


async def test_one_address_is_registered_once_in_any_spelling(server):
    for number in range(ROUNDS):
        spellings = [f"Ada{number}@shop.example", f"aDA{number}@SHOP.example"]
        answers = await at_once(
            server,
            [
                ("/customers", document("customers", registration(email=spellings[it % 2])))
                for it in range(PARALLEL)
            ],
        )

        assert Counter(it.status_code for it in answers) == {201: 1, 422: PARALLEL - 1}


async def test_a_refresh_token_has_one_successor(server):
    account = document("customers", registration())
    login = document("access-tokens", {"username": "ada@shop.example", "password": PASSWORD})
    await at_once(server, [("/customers", account)])
    (logged_in,) = await at_once(server, [("/access-tokens", login)])
    token = logged_in.json()["data"]["attributes"]["refreshToken"]

    for _ in range(ROUNDS):
        refresh = document("refresh-tokens", {"refreshToken": token})
        answers = await at_once(server, [("/refresh-tokens", refresh)] * PARALLEL)

        assert {it.status_code for it in answers} == {201}
        successors = {it.json()["data"]["attributes"]["refreshToken"] for it in answers}
        (token,) = successors
