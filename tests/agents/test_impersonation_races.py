"""A request in a customer's place that waits while its operator stops being an agent."""

import asyncio

import asyncpg
import pytest

from customer_api.customers.models import CustomerRow
from tests.agents.test_sessions import lose_the_flag, remove, revoke, set_password
from tests.shop import only_error
from tests.tables import rows

COUNT_WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""


@pytest.fixture
def database_url(postgres_url: str) -> str:
    """PostgreSQL alone: the write transactions of SQLite follow each other anyway."""
    return postgres_url


@pytest.mark.contract("agent-17")
@pytest.mark.parametrize("happen", [lose_the_flag, remove, set_password, revoke])
async def test_what_waits_for_the_customer_is_not_done_when_the_agent_is_gone(
    office, database_url, happen
):
    shop = office.shop
    ada, agent = await shop.account(), await shop.agent()
    acting = await shop.impersonate(ada, agent)
    other = await asyncpg.connect(database_url)

    async with asyncio.timeout(30), other.transaction():
        await other.execute("SELECT id FROM customers FOR NO KEY UPDATE")
        change = shop.call("PATCH", f"/customers/{ada.reference}", {"firstName": "X"}, by=acting)
        changing = asyncio.ensure_future(change)
        waiting = 0
        while not waiting:
            waiting = await other.fetchval(COUNT_WAITING)
        done = await happen(office, agent)
    answer = await changing

    await other.close()
    assert done.status_code < 300, done.text
    assert only_error(answer) == (401, "001", "Invalid access token.")
    assert answer.json()["errors"][0]["meta"] == {"reason": "agent_ended"}
    assert [it.first_name for it in await rows(shop, CustomerRow)] == ["Ada"]
