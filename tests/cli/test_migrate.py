import sqlite3

from customer_api.core.schema import head_revision


def test_database_and_key_are_made_once(run, directory):
    first = run("migrate")
    key = (directory / "var" / "signing-key.pem").read_bytes()
    second = run("migrate")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert second.output == f"the database is at revision {head_revision()}\n"
    assert (directory / "var" / "signing-key.pem").read_bytes() == key
    assert (directory / "var" / "signing-key.pem").stat().st_mode & 0o777 == 0o600


def test_works_on_both_databases(run, blank_database_url):
    result = run("migrate", DATABASE_URL=blank_database_url)

    assert result.exit_code == 0
    assert head_revision() in result.output


def test_newer_database_is_left_alone(run, directory):
    run("migrate")
    with sqlite3.connect(directory / "var" / "customer-api.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.close()

    result = run("migrate")

    assert result.exit_code == 1
    assert "newer schema than this program" in result.output


def test_unreachable_database_is_explained(run, unused_port):
    result = run("migrate", DATABASE_URL=f"postgresql://nobody@127.0.0.1:{unused_port}/none")

    assert result.exit_code == 1
    assert "the database cannot be migrated: " in result.output


def test_key_that_cannot_be_written_is_explained(run, directory):
    (directory / "var").touch()

    result = run("migrate")

    assert result.exit_code == 2
    assert "signing-key.pem" in result.output
