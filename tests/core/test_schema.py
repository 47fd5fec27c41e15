import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from alembic.util.exc import CommandError
from sqlalchemy import inspect

from customer_api.core import schema
from customer_api.core.engines import parse_url

# Alembic keeps what it works on in module globals, so only processes can be at it at once.
UPGRADE = "import sys; from customer_api.core import schema; schema.upgrade(sys.argv[1])"


@pytest.fixture
def apart():
    """Call a function where no event loop runs, since it may start one."""
    with ThreadPoolExecutor(4) as executor:

        async def call(function, *arguments):
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(executor, function, *arguments)

        yield call


@pytest.fixture
def look(apart):
    """Return the revision of a database and the names of its tables."""

    def found(connection):
        return schema.current_revision(connection), set(inspect(connection).get_table_names())

    async def look_at(url):
        return await apart(schema.with_connection, parse_url(url), found)

    return look_at


async def test_an_empty_database_has_no_revision(blank_database_url, look):
    assert await look(blank_database_url) == (None, set())


async def test_upgrade_brings_a_database_to_this_programs_schema(blank_database_url, apart, look):
    await apart(schema.upgrade, blank_database_url)

    revision, tables = await look(blank_database_url)
    assert revision == schema.head_revision()
    assert {"customers", "addresses", "alembic_version"} <= tables


async def test_upgrade_twice_changes_nothing(blank_database_url, apart, look):
    await apart(schema.upgrade, blank_database_url)
    before = await look(blank_database_url)

    await apart(schema.upgrade, blank_database_url)

    assert await look(blank_database_url) == before


async def test_downgrade_to_base_and_upgrade_again(blank_database_url, apart, look):
    await apart(schema.upgrade, blank_database_url)
    upgraded = await look(blank_database_url)

    await apart(schema.downgrade, blank_database_url, "base")

    assert await look(blank_database_url) == (None, {"alembic_version"})
    await apart(schema.upgrade, blank_database_url)
    assert await look(blank_database_url) == upgraded


@pytest.mark.promise("S99")
async def test_processes_that_upgrade_at_once_wait_for_each_other(blank_database_url, look):
    command = (sys.executable, "-c", UPGRADE, blank_database_url)
    processes = [await asyncio.create_subprocess_exec(*command) for _ in range(2)]

    codes = [await process.wait() for process in processes]

    assert codes == [0, 0]
    assert (await look(blank_database_url))[0] == schema.head_revision()


async def test_an_unknown_revision_is_refused(blank_database_url, apart, look):
    with pytest.raises(CommandError):
        await apart(schema.upgrade, blank_database_url, "0123456789ab")

    assert (await look(blank_database_url))[0] is None


async def test_the_directory_of_a_new_sqlite_file_is_private(tmp_path, apart):
    directory = tmp_path / "new place" / "var"

    await apart(schema.upgrade, f"sqlite:///{directory / 'shop.db'}")

    assert (directory / "shop.db").is_file()
    assert directory.stat().st_mode & 0o077 == 0


async def test_another_kind_of_database_is_refused(apart):
    with pytest.raises(ValueError, match="must start with"):
        await apart(schema.upgrade, "mysql://db/shop")
