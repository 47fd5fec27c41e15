"""`python -m loyalty.migrate`: bring the tables of the loyalty program up to date.

They are in the database that `CUSTOMER_API_DATABASE_URL` names, and have a version table of their own.
"""

import asyncio
import os

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine


def upgrade(connection: Connection) -> None:
    """Run the migrations that are not done yet."""
    config = Config()
    config.set_main_option("script_location", "loyalty:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _upgrade_postgresql(url: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(upgrade)
    await engine.dispose()


def main() -> None:
    """Upgrade the database of the environment."""
    url = os.environ["CUSTOMER_API_DATABASE_URL"]
    if url.startswith("postgresql"):
        asyncio.run(_upgrade_postgresql(url))
        return
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection)
    engine.dispose()


if __name__ == "__main__":
    main()
