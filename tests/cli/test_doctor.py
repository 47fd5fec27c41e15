import os
import sqlite3

import pytest

from tests.redis import RedisServer


def test_healthy_installation_is_all_ok(run):
    run("migrate")

    result = run("doctor")

    assert result.exit_code == 0
    assert result.output.count("ok  ") == 8
    assert "MEND" not in result.output


def test_nothing_is_made_by_looking(run, directory):
    result = run("doctor")

    assert result.exit_code == 1
    assert (
        "MEND database: the file does not exist\n     run `customer-api migrate`" in result.output
    )
    assert "MEND signing keys: var/signing-key.pem" in result.output
    assert list(directory.iterdir()) == []


def test_postgresql_is_looked_at(run, postgres_url):
    result = run("doctor", DATABASE_URL=postgres_url)

    assert "ok   database: postgresql answers" in result.output
    assert "ok   migrations: at " in result.output


@pytest.mark.promise("S62")
def test_missing_migration_is_found(run, blank_database_url):
    if blank_database_url.startswith("sqlite"):
        open(blank_database_url.removeprefix("sqlite:///"), "w").close()  # noqa: PTH123 - an empty file

    result = run("doctor", DATABASE_URL=blank_database_url)

    assert result.exit_code == 1
    assert "MEND migrations: at none, but this program needs" in result.output


def test_unreachable_services_are_found(run, unused_port):
    result = run(
        "doctor",
        DATABASE_URL=f"postgresql://nobody@127.0.0.1:{unused_port}/none",
        MAIL_URL=f"smtp://127.0.0.1:{unused_port}",
        RATE_LIMIT_STORAGE=f"redis://127.0.0.1:{unused_port}",
    )

    assert result.exit_code == 1
    assert "MEND database: no connection" in result.output
    assert "MEND mail: cannot be delivered" in result.output
    assert "MEND rate limits: the counter server is lost" in result.output


def test_a_counter_server_is_asked(run):
    with RedisServer() as redis:
        result = run("doctor", RATE_LIMIT_STORAGE=redis.url)

    assert "ok   rate limits: the counter server answers" in result.output


@pytest.mark.parametrize(
    ("setting", "value", "finding"),
    [
        ("MAIL_URL", "pigeon://roof", "MEND mail: the mail URL must start with"),
        ("MAIL_FROM", "Shop <shop@shop.example>", "MEND mail sender: "),
        ("REQUIRED_ANONYMIZERS", "loyalty", "MEND anonymizers: required anonymizers are not inst"),
        ("RATE_LIMIT_STORAGE", "redis://localhost:port", "MEND rate limits: "),
        ("HASH_MEMORY_KIB", "1024", "MEND password hashing: 1024 KiB is too cheap"),
    ],
)
def test_bad_setting_is_found_and_named(run, setting, value, finding):
    run("migrate")

    result = run("doctor", **{setting: value})

    assert result.exit_code == 1
    assert finding in result.output
    assert result.output.count("MEND") == 1


@pytest.mark.promise("S62")
def test_key_that_others_can_read_is_found(run, directory):
    run("migrate")
    os.chmod(directory / "var" / "signing-key.pem", 0o644)  # noqa: PTH101 - the point of the test

    result = run("doctor")

    assert result.exit_code == 1
    assert "MEND signing keys: " in result.output


def test_schema_of_a_newer_program_is_told_from_an_older_one(run, directory):
    run("migrate")
    with sqlite3.connect(directory / "var" / "customer-api.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.close()

    result = run("doctor")

    assert result.exit_code == 1
    assert "MEND migrations: at from_the_future" in result.output
    assert "install the newer program" in result.output
