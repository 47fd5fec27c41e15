"""Migrations of a database in use (S99): the program before them goes on."""

import asyncio
import shutil
from pathlib import Path

import httpx
import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from customer_api.core import schema
from customer_api.core.db import open_units
from customer_api.core.engines import parse_url
from tests.blackbox.server import start_server
from tests.long.test_durability import ENVIRONMENT, loaded

pytestmark = pytest.mark.long

MIGRATIONS = Path(__file__).parents[2] / "migrations"
NEXT = '''
"""A release that only adds."""

import sqlalchemy as sa
from alembic import op

revision = "ffffffffffff"
down_revision = "{head}"


def upgrade():
    op.add_column("customers", sa.Column("nickname", sa.String(100), nullable=True))
    op.create_index("ix_customers_nickname", "customers", ["nickname"])


def downgrade():
    op.drop_index("ix_customers_nickname", "customers")
    op.drop_column("customers", "nickname")
'''


@pytest.fixture
def next_release(tmp_path):
    """Alembic's configuration with one migration more than this program has."""
    directory = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    version = directory / "versions" / "2999_01_01_0000_next.py"
    version.write_text(NEXT.format(head=schema.head_revision()), "utf-8")
    config = schema.alembic_config()
    config.set_main_option("script_location", str(directory))
    return config


async def migrate(url, config, change, revision):
    """Run an Alembic command where no event loop runs."""

    def run(connection):
        config.attributes["connection"] = connection
        change(config, revision)

    await asyncio.to_thread(schema.with_connection, parse_url(url), run)


@pytest.mark.promise("S99")
async def test_the_old_program_serves_while_the_database_moves_on_and_back(
    tmp_path, database_url, next_release
):
    environment = ENVIRONMENT | {"CUSTOMER_API_DATABASE_URL": database_url}
    readiness = []
    with start_server(tmp_path, environment, workers=2) as server:
        async with loaded(server) as load:
            for change, revision in [(command.upgrade, "head"), (command.downgrade, "-1")] * 2:
                await asyncio.sleep(2)
                await migrate(database_url, next_release, change, revision)
                answer = await asyncio.to_thread(httpx.get, f"{server.url}/health/ready")
                readiness.append(answer.status_code)
            await asyncio.sleep(2)

    assert (set(load.statuses), load.unanswered) == ({201}, 0)
    assert len(load.acknowledged) > 50
    assert readiness == [200] * 4


@pytest.mark.promise("S99")
async def test_a_migration_gives_up_on_a_lock_instead_of_stopping_everybody(
    postgres_url, next_release
):
    units = open_units(postgres_url, pytest.fail)
    loop = asyncio.get_running_loop()

    def read_slowly(connection):
        connection.execute(text("SELECT count(*) FROM customers"))
        connection.execute(text("SELECT pg_sleep(8)"))

    holder = asyncio.create_task(units.write(read_slowly))
    await asyncio.sleep(0.5)
    started = loop.time()

    with pytest.raises(DBAPIError) as caught:
        await migrate(postgres_url, next_release, command.upgrade, "head")

    waited = loop.time() - started
    await holder
    await units.close()
    assert caught.value.orig.sqlstate == "55P03"
    assert 4 < waited < 8
