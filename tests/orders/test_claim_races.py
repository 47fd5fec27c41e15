"""Orders of guests that are locked by several at once."""

import asyncio

import asyncpg
import pytest

from customer_api.orders.models import OrderRow
from tests.order_system import store
from tests.tables import rows

EMAIL = "ada@shop.example"
FORMER = "old@shop.example"
LOCK = "SELECT id FROM orders WHERE reference = $1 FOR UPDATE"


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """PostgreSQL alone: the write transactions of SQLite follow each other anyway."""
    return postgres_url


async def test_an_erasure_locks_orders_of_all_addresses_in_the_order_of_pushes(shop, database_url):
    await store(shop, "DE--1", guestEmail=FORMER)
    await store(shop, "DE--2", guestEmail=EMAIL)
    ada = await shop.move(await shop.account(FORMER), EMAIL)
    pushing = await asyncpg.connect(database_url)
    try:
        async with pushing.transaction():
            await pushing.execute(LOCK, "DE--1")
            erasure = asyncio.create_task(
                shop.call("DELETE", f"/customers/{ada.reference}", by=ada)
            )
            await asyncio.sleep(0.5)
            await pushing.execute(LOCK, "DE--2")
        answer = await erasure
    finally:
        await pushing.close()

    assert answer.status_code == 204
    assert [it.guest_email_key for it in await rows(shop, OrderRow)] == [None, None]
