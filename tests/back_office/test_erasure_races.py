"""Erasures by operators that meet each other."""

import asyncpg
import pytest

from tests.back_office.test_erasures import STALE, erase, preview_of
from tests.shop import only_error

LOCK = "SELECT id FROM customers WHERE reference = $1 FOR NO KEY UPDATE"


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """PostgreSQL alone: the write transactions of SQLite follow each other anyway."""
    return postgres_url


async def test_a_confirmation_of_another_customer_does_not_wait_for_that_one(office, database_url):
    one, other = await office.customer(), await office.customer("b@shop.example")
    confirmation = (await preview_of(office, other))["confirmation"]
    connection = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            await connection.execute(LOCK, other)
            answer = await erase(office, one, confirmation)
    finally:
        await connection.close()
    still_good = await erase(office, other, confirmation)

    assert only_error(answer) == STALE
    assert still_good.status_code == 204
