"""Nothing is written for a customer beside their erasure (decision 0005)."""

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from tests.shop import Account, Shop

LOCK = "SELECT id FROM customers FOR NO KEY UPDATE"
FREE_THE_ADDRESS = "UPDATE customers SET email = 'x@gone.invalid', email_key = 'x@gone.invalid'"
COUNT_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
TIMEOUT_SECONDS = 30.0


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """PostgreSQL alone: the write transactions of SQLite follow each other anyway."""
    return postgres_url


@pytest.fixture
async def besides_an_erasure(
    shop: Shop, database_url: str
) -> Callable[[Awaitable[httpx.Response]], Awaitable[httpx.Response]]:
    """Send a request that meets an erasure which has locked its customer and then commits."""

    async def send(request: Awaitable[httpx.Response]) -> httpx.Response:
        connection = await asyncpg.connect(database_url)
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), connection.transaction():
                await connection.execute(LOCK)
                sending = asyncio.ensure_future(request)
                waiting = 0
                while not (waiting or sending.done()):
                    waiting = await connection.fetchval(COUNT_WAITING)
                await connection.execute(FREE_THE_ADDRESS)
            return await sending
        finally:
            await connection.close()

    return send


async def mails_to(shop: Shop, account: Account) -> int:
    """The number of mails that name the customer's reference."""
    mails = await shop.mails()
    return sum(mail["Customer-Reference"] == account.reference for mail in mails)


async def test_no_restore_mail_is_queued_beside_an_erasure(shop, besides_an_erasure):
    account = await shop.account()
    request = shop.call("POST", "/customer-forgotten-password", {"email": account.email})

    response = await besides_an_erasure(request)

    assert response.status_code == 204
    assert await mails_to(shop, account) == 1


async def test_registering_again_beside_an_erasure_is_a_registration(shop, besides_an_erasure):
    account = await shop.account()

    response = await besides_an_erasure(shop.register(email=account.email))

    assert response.status_code == 201
    assert response.json()["data"]["id"] != account.reference
    assert await mails_to(shop, account) == 1
