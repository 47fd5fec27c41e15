import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests import postgres
from tests.postgres import PostgresFailed, PostgresServer

ABANDON = """
import os
from tests.postgres import PostgresServer
server = PostgresServer()
server.start()
print(server.directory, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as server:
        yield server


async def test_committed_rows_survive_a_crash(server: PostgresServer):
    connection = await asyncpg.connect(server.url())
    await connection.execute("CREATE TABLE survivors AS SELECT 1 AS id")
    await connection.close()

    server.stop("immediate")
    server.start()

    connection = await asyncpg.connect(server.url())
    assert await connection.fetchval("SELECT id FROM survivors") == 1
    assert "not properly shut down" in server.log
    await connection.close()


async def test_server_is_a_recent_one_with_unicode_rules(server: PostgresServer):
    connection = await asyncpg.connect(server.url())

    row = await connection.fetchrow("SELECT lower('ÄÉ'), current_setting('max_connections')")

    assert connection.get_server_version().major == 18
    assert tuple(row) == ("äé", "200")
    await connection.close()


def test_starting_twice_keeps_the_server(server: PostgresServer):
    port = server.port

    server.start()

    assert server.port == port


def test_failed_start_shows_the_log_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(postgres.SERVER_SETTINGS, "max_connections", "many")
    server = PostgresServer()

    with pytest.raises(PostgresFailed, match='"max_connections"'):
        server.start()

    assert server.directory is None
    assert server.log == ""


def test_unstarted_server_has_no_binaries():
    server = PostgresServer()

    with pytest.raises(PostgresFailed):
        _ = server.binaries

    server.close()


def test_server_ends_when_the_tests_are_killed():
    killed = subprocess.run(
        [sys.executable, "-c", ABANDON],
        check=False,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[1],
        timeout=60,
    )

    directory = Path(killed.stdout.strip())
    deadline = time.monotonic() + 20
    while directory.exists() and time.monotonic() < deadline:  # another process removes it
        time.sleep(0.02)
    assert not directory.exists()
