"""A database that is lost, silent or has no connection left, seen by a client."""

import asyncio

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from tests.faults.proxy import ChaosProxy

READY = "http://api.shop.example/health/ready"
LIVE = "http://api.shop.example/health/live"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
TRIES = 10
POOL = {"database_pool_size": 2, "database_pool_timeout_seconds": 0.2}


@pytest.fixture
def proxy(postgres_url):
    """A proxy before PostgreSQL."""
    with ChaosProxy(make_url(postgres_url).port) as running:
        yield running


@pytest.fixture
def database_url(postgres_url, proxy):
    """PostgreSQL behind the proxy."""
    return make_url(postgres_url).set(port=proxy.port).render_as_string(hide_password=False)


@pytest.fixture
async def shop(open_shop):
    return await open_shop(database_statement_timeout_seconds=0.5, **POOL)


def is_clean_503(answer):
    (error,) = answer.json()["errors"]
    return (answer.status_code, error["status"], answer.headers["retry-after"]) == (503, 503, "1")


async def until_back(call):
    """Return the first answer that is no 503, of a few: a busy machine needs more than half a second."""
    for number in range(TRIES):
        answer = await call(number)
        if answer.status_code != 503:
            break
    return answer


async def health_of(shop):
    """Return the statuses of readiness and liveness, asked for in tasks of their own."""
    answers = await asyncio.gather(*(shop.client.get(url) for url in (READY, LIVE)))
    return [answer.status_code for answer in answers]


@pytest.mark.promise("G12")
@pytest.mark.parametrize("break_", [ChaosProxy.reset, ChaosProxy.swallow])
async def test_a_lost_database_is_503_until_it_is_back_and_then_all_works(shop, proxy, break_):
    ada = await shop.account()
    break_(proxy)
    while_away = await asyncio.gather(
        shop.call("GET", f"/customers/{ada.reference}", by=ada),
        shop.register(email="grace@shop.example"),
        shop.log_in(),
    )
    health = await health_of(shop)

    proxy.heal()
    back = [
        await until_back(lambda number: shop.register(email=f"grace{number}@shop.example")),
        await until_back(lambda _: shop.log_in()),
    ]

    assert all(is_clean_503(answer) for answer in while_away)
    assert health == [503, 200]
    assert [answer.status_code for answer in back] == [201, 201]
    assert (await shop.client.get(READY)).status_code == 200


@pytest.mark.promise("G12")
@pytest.mark.parametrize("size_bytes", [1, 30, 500, 2000])
async def test_a_connection_cut_anywhere_is_503_or_nothing_to_notice(shop, proxy, size_bytes):
    proxy.cut_after(size_bytes)
    cut = await shop.register()

    proxy.heal()
    again = await shop.register(email="grace@shop.example")

    assert cut.status_code == 201 or is_clean_503(cut)
    assert again.status_code == 201


@pytest.mark.promise("S91")
async def test_an_exhausted_pool_is_503_and_the_process_alive_but_not_ready(
    open_shop, postgres_url
):
    # The holders wait for as long as the lock is held, however slow the machine.
    shop = await open_shop(database_statement_timeout_seconds=60, **POOL)
    ada = await shop.account()
    operator = await asyncpg.connect(postgres_url)
    transaction = operator.transaction()
    await transaction.start()
    await operator.execute("LOCK TABLE customers IN ACCESS EXCLUSIVE MODE")
    profile = f"/customers/{ada.reference}"
    holders = [asyncio.create_task(shop.call("GET", profile, by=ada)) for _ in range(2)]
    while await operator.fetchval(WAITING) < 2:
        pass  # pragma: no cover - they may wait already

    refused = await shop.call("GET", profile, by=ada)

    health = await health_of(shop)
    await transaction.rollback()
    await asyncio.gather(*holders)
    await operator.close()
    assert is_clean_503(refused)
    assert health == [503, 200]
    assert (await shop.client.get(READY)).status_code == 200
