"""Erasures on real servers: two processes at once, and the very files of PostgreSQL afterwards."""

import asyncio
import time
from collections import Counter

import asyncpg
import httpx
import pytest
from sqlalchemy import select

from customer_api.addresses.models import AddressRow
from customer_api.anonymization.canaries import Canaries
from customer_api.anonymization.holdings import HOLDINGS
from customer_api.anonymization.models import ErasureReceiptRow
from customer_api.core.engines import parse_url
from customer_api.core.schema import upgrade, with_connection
from customer_api.core.traces import remove_traces
from customer_api.customers.models import CustomerRow
from customer_api.tokens.models import SessionRow
from tests.blackbox.life import Life
from tests.blackbox.office import Office
from tests.blackbox.server import start_server
from tests.postgres import PostgresServer
from tests.shop import PASSWORD, address, registration

pytestmark = pytest.mark.long

ROUNDS = 15
BUDGET_SECONDS = 120
DELETES = 20


@pytest.fixture
def server(tmp_path, database_url):
    environment = {
        "CUSTOMER_API_DATABASE_URL": database_url,
        "CUSTOMER_API_DOUBLE_OPT_IN": "false",
        "CUSTOMER_API_RATE_LIMITS": "off",
        "CUSTOMER_API_DATABASE_BUSY_TIMEOUT_SECONDS": "30",
    }
    with start_server(tmp_path, environment, workers=2) as running:
        yield running


def document(resource_type, attributes):
    return {"data": {"type": resource_type, "attributes": attributes}}


def table(url, row):
    """Return all rows of a table."""
    return with_connection(
        parse_url(url), lambda it: it.execute(select(row.__table__)).all(), read_only=True
    )


@pytest.mark.promise("S108", "S118")
async def test_one_of_many_erasures_wins_and_nothing_is_written_after_it(server, database_url):
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    deadline = time.monotonic() + BUDGET_SECONDS
    async with httpx.AsyncClient(
        base_url=f"{server.url}/v1", limits=limits, timeout=60, trust_env=False
    ) as client:
        rounds = 0
        while rounds < ROUNDS and time.monotonic() < deadline:
            rounds += 1
            await one_round(client, database_url, f"ada{rounds}@shop.example")

    log = server.log.read_text("utf-8")
    assert rounds >= 3
    assert log.count('"event": "customer_erased"') == rounds


async def one_round(client, database_url, email):
    """Delete an account twenty times at once, beside everything else and another registration."""
    person = document("customers", registration(email=email))
    login = document("access-tokens", {"username": email, "password": PASSWORD})
    created = await client.post("/customers", json=person)
    reference = created.json()["data"]["id"]
    tokens = (await client.post("/access-tokens", json=login)).json()["data"]["attributes"]
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    path = f"/customers/{reference}"
    change = document("customers", {"firstName": "Race"})
    refresh = document("refresh-tokens", {"refreshToken": tokens["refreshToken"]})

    deletes, others, registered = await asyncio.gather(
        asyncio.gather(*(client.delete(path, headers=headers) for _ in range(DELETES))),
        asyncio.gather(
            *(client.patch(path, json=change, headers=headers) for _ in range(5)),
            *(
                client.post(
                    f"{path}/addresses", json=document("addresses", address()), headers=headers
                )
                for _ in range(5)
            ),
            *(client.post("/access-tokens", json=login) for _ in range(5)),
            *(client.post("/refresh-tokens", json=refresh) for _ in range(5)),
        ),
        asyncio.gather(*(client.post("/customers", json=person) for _ in range(5))),
    )

    assert Counter(it.status_code for it in deletes) == {204: 1, 401: DELETES - 1}
    assert {it.status_code for it in others} <= {200, 201, 401}
    assert {it.status_code for it in registered} <= {201, 422}
    accepted = [it.json()["data"]["id"] for it in registered if it.status_code == 201]
    assert len(accepted) <= 1
    assert reference not in accepted
    await asyncio.to_thread(assert_nothing_left, database_url, reference)


def assert_nothing_left(database_url, reference):
    """Look at the rows of an erased customer."""
    (customer,) = (it for it in table(database_url, CustomerRow) if it.reference == reference)
    assert customer.first_name is None
    assert customer.anonymized_at is not None
    addresses = [it for it in table(database_url, AddressRow) if it.customer_id == customer.id]
    assert all(it.city is None and it.first_name is None for it in addresses)
    assert customer.id not in {it.customer_id for it in table(database_url, SessionRow)}
    receipts = [it for it in table(database_url, ErasureReceiptRow) if it.reference == reference]
    assert len(receipts) == 1


def files_with(directory, canaries):
    """Return which files below a directory hold canaries, and which kinds of directories."""
    return {
        path.relative_to(directory).parts[0]
        for path in directory.rglob("*")
        if path.is_file() and canaries.find(path.read_bytes())
    }


@pytest.fixture
def own_postgres():
    with PostgresServer() as server:
        yield server


async def execute(url, *statements):
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


@pytest.mark.promise("G7", "S109", "S112")
def test_the_files_of_postgresql_hold_nothing_after_the_documented_purge(tmp_path, own_postgres):
    url = own_postgres.url("shop")
    asyncio.run(execute(own_postgres.url(), "CREATE DATABASE shop TEMPLATE template0"))
    upgrade(url)
    environment = {"CUSTOMER_API_DATABASE_URL": url}
    with start_server(tmp_path, environment, workers=2) as server, Life(server) as life:
        office = Office(server, tmp_path, environment)
        life.live(office)
        office.close()
        life.die()
        canaries = Canaries([*life.personal, *life.secrets])
    data = own_postgres.directory / "data"
    asyncio.run(execute(own_postgres.url(), "CHECKPOINT"))
    before = files_with(data, canaries)

    remove_traces(parse_url(url), [it.table.name for it in HOLDINGS], is_full=True)
    asyncio.run(
        execute(
            own_postgres.url(),
            "ALTER SYSTEM SET wal_recycle = off",
            "SELECT pg_reload_conf()",
            "SELECT pg_switch_wal()",
            "CHECKPOINT",
            "SELECT pg_switch_wal()",
            "CHECKPOINT",
        )
    )

    assert {"base", "pg_wal"} <= before  # so the search finds what is there
    assert files_with(data, canaries) == set()
    assert canaries.find(own_postgres.log.encode()) == frozenset()
