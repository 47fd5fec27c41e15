"""Without the columns of agents, nobody may take their sessions for something else."""

import asyncio

from sqlalchemy import func, select, table

from customer_api.core import schema
from customer_api.core.engines import parse_url
from tests.contract.texts import ONE_DATABASE
from tests.shop import AGENT

BEFORE_AGENTS = "4b0c7f19de62"


@ONE_DATABASE
async def test_a_downgrade_ends_what_agents_have(open_shop, blank_database_url):
    await asyncio.to_thread(schema.upgrade, blank_database_url)
    shop = await open_shop(database_url=blank_database_url)
    agent, ada = await shop.agent(), await shop.account()
    await shop.impersonate(ada, agent)
    login = {"username": AGENT, "password": ada.password}
    office = "http://api.shop.example/back-office/v1"
    assert (await shop.call("POST", "/access-tokens", login, base=office)).status_code == 201
    await shop.container.close()

    await asyncio.to_thread(schema.downgrade, blank_database_url, BEFORE_AGENTS)

    def count(connection):
        tables = ("sessions", "refresh_tokens", "operator_sessions", "operator_refresh_tokens")
        counts = [select(func.count()).select_from(table(it)) for it in tables]
        return [connection.execute(it).scalar() for it in counts]

    url = parse_url(blank_database_url)
    assert await asyncio.to_thread(schema.with_connection, url, count) == [1, 1, 1, 1]
