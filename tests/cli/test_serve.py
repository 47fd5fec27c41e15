import asyncio
import os
import signal
import socket
import sqlite3

import asyncpg
import pytest

from customer_api import server
from customer_api.cli import serve
from customer_api.core.settings import PREFIX


@pytest.fixture
def served(monkeypatch):
    """What the server was asked to do, instead of doing it."""
    calls = []
    monkeypatch.setattr(server, "run", lambda _settings, **options: calls.append(options))
    monkeypatch.setattr(serve, "_check_address", lambda _host, _port: None)
    monkeypatch.delenv(f"{PREFIX}HASH_THREADS", raising=False)
    yield calls
    os.environ.pop(f"{PREFIX}HASH_THREADS", None)  # noqa: TID251 - set for the worker processes


def test_laptop_needs_nothing_prepared(run, directory, served):
    result = run("serve")

    assert result.exit_code == 0
    assert served == [{"host": "127.0.0.1", "port": 8000, "workers": 1}]
    assert f"mails       {directory / 'var' / 'mail'} (one .eml file each)" in result.output
    assert "docs        http://127.0.0.1:8000/docs" in result.output
    assert run("doctor").exit_code == 0


def test_greeting_follows_the_options(run, served):
    result = run(
        "serve", "--host", "::1", "--port", "81", DOCS="false", MAIL_URL="smtps://u:geheim@host"
    )

    assert served == [{"host": "::1", "port": 81, "workers": 1}]
    assert "Customer API on http://[::1]:81\n" in result.output
    assert "mails       smtps server" in result.output
    assert "docs" not in result.output
    assert "geheim" not in result.output


def test_workers_share_the_cores_for_hashing(run, served, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 8)

    run("serve", "--workers", "3")

    assert served[0]["workers"] == 3
    assert os.environ[f"{PREFIX}HASH_THREADS"] == "2"  # noqa: TID251 - see the fixture


def test_chosen_number_of_hashing_threads_stays(run, served):
    run("serve", HASH_THREADS="5")

    assert served != []
    assert f"{PREFIX}HASH_THREADS" not in os.environ  # noqa: TID251 - see the fixture


def test_empty_postgresql_database_is_migrated(run, served, postgres_databases):
    url = postgres_databases.blank()

    run("serve", DATABASE_URL=url)

    assert served != []
    assert run("doctor", DATABASE_URL=url).exit_code == 0


def test_migrated_postgresql_database_is_served(run, served, postgres_url):
    result = run("serve", DATABASE_URL=postgres_url)

    assert (result.exit_code, len(served)) == (0, 1)


async def _set_revision(url, revision):
    connection = await asyncpg.connect(url)
    await connection.execute("UPDATE alembic_version SET version_num = $1", revision)
    await connection.close()


@pytest.mark.promise("S101", "S62")
@pytest.mark.parametrize(
    ("revision", "message"),
    [
        ("402a606b7d5a", "an older schema than this program; run `customer-api migrate`"),
        ("from_the_future", "a newer schema than this program; install the newer program"),
    ],
)
def test_postgresql_database_with_another_schema_is_refused(
    run, served, postgres_databases, revision, message
):
    url = postgres_databases.blank()
    run("migrate", DATABASE_URL=url)
    asyncio.run(_set_revision(url, revision))

    result = run("serve", DATABASE_URL=url)

    assert (result.exit_code, served) == (2, [])
    assert message in result.output


@pytest.mark.promise("S101", "S62")
def test_sqlite_database_of_a_newer_program_is_refused(run, served, directory):
    run("migrate")
    with sqlite3.connect(directory / "var" / "customer-api.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.close()

    result = run("serve")

    assert (result.exit_code, served) == (1, [])
    assert "a newer schema than this program; install the newer program" in result.output


def test_unreachable_database_does_not_stop_the_start(run, served, unused_port):
    result = run("serve", DATABASE_URL=f"postgresql://nobody@127.0.0.1:{unused_port}/none")

    assert (result.exit_code, len(served)) == (0, 1)
    assert "the database does not answer yet" in result.output


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"SIGNING_KEYS": "keys/missing.pem"}, "keys/missing.pem"),
        ({"MAIL_URL": "pigeon://roof"}, "the mail URL must start with"),
        ({"REQUIRED_ANONYMIZERS": "loyalty"}, "required anonymizers are not installed: loyalty"),
        ({"TRUSTED_PROXIES": "proxy.internal"}, "TRUSTED_PROXIES"),
    ],
)
def test_what_cannot_work_is_said_before_the_start(run, served, settings, message):
    result = run("serve", **settings)

    assert (result.exit_code, served) == (2, [])
    assert message in result.output


def test_port_in_use_is_said_before_anything_is_made(run, directory):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        result = run("serve", "--port", str(port))

    assert result.exit_code == 2
    assert f"cannot listen on port {port} of 127.0.0.1 (Address already in use)" in result.output
    assert list(directory.iterdir()) == []


def test_port_must_be_one(run, served):
    result = run("serve", "--port", "70000")

    assert (result.exit_code, served) == (2, [])


def test_terminated_server_ends_with_zero():
    with pytest.raises(SystemExit) as ended:
        server._end(signal.SIGTERM, None)  # noqa: SLF001 - a signal handler

    assert ended.value.code == 0
