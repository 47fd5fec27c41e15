import errno
import json
import os
import pty
import re
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy.exc import ProgrammingError

from customer_api.core.errors import DatabaseUnavailable
from customer_api.transfers.importer import Importer
from tests.transfers.files import address, customer, customers_file

GENERATED = r"generated a signing key: var/signing-key\.pem\n"


@pytest.fixture
def import_file(run, directory):
    """Write a file and import it."""

    def run_command(*rows, options=(), **settings):
        (directory / "customers.csv").write_bytes(customers_file(*rows))
        return run(
            "import", "customers", *options, "customers.csv", HASH_MEMORY_KIB="8", **settings
        )

    return run_command


@pytest.fixture
def references(directory):
    """Return the references in the default database."""

    def read():
        with sqlite3.connect(directory / "var" / "customer-api.db") as connection:
            found = [row[0] for row in connection.execute("SELECT reference FROM customers")]
        connection.close()
        return found

    return read


def test_a_fresh_directory_needs_nothing_but_the_file(import_file, references):
    result = import_file(customer(1), customer(2))

    assert result.exit_code == 0
    assert result.stdout == "created 2, updated 0, unchanged 0, refused 0\n"
    assert re.fullmatch(GENERATED, result.stderr)
    assert references() == ["DE--1", "DE--2"]


def test_one_json_object_a_line_is_the_same_file(run, import_file, directory):
    import_file(customer(1), customer(2))
    lines = [json.dumps(customer(1)), json.dumps({**customer(2), "gender": None}), "{}"]
    (directory / "customers.ndjson").write_text("\n".join(lines))
    (directory / "customers.txt").write_text("\n".join(lines))

    result = run("import", "customers", "customers.ndjson")
    again = run("import", "customers", "--format", "ndjson", "customers.txt")

    assert result.stdout == "created 0, updated 1, unchanged 1, refused 1\n"
    assert result.stderr == "line 3: customer_reference: missing; email: missing\n"
    assert again.stdout == "created 0, updated 0, unchanged 2, refused 1\n"


def test_addresses_follow_their_customers(run, import_file, directory, database_url):
    import_file(customer(1), DATABASE_URL=database_url)
    (directory / "addresses.csv").write_bytes(
        customers_file(address(1), address(2, owner=2), address(3, country_code="XX"))
    )

    result = run("import", "addresses", "addresses.csv", DATABASE_URL=database_url)

    assert result.exit_code == 1
    assert result.stdout == "created 1, updated 0, unchanged 0, refused 2\n"
    assert "line 3: no customer has this reference\n" in result.stderr


def test_both_databases_take_customers_once_they_are_migrated(import_file, database_url):
    first = import_file(customer(1), DATABASE_URL=database_url)
    second = import_file(customer(1), DATABASE_URL=database_url)

    assert first.stdout == "created 1, updated 0, unchanged 0, refused 0\n"
    assert second.stdout == "created 0, updated 0, unchanged 1, refused 0\n"
    assert second.stderr == ""


def test_refused_rows_are_named_by_line_and_in_the_report(import_file, directory, references):
    result = import_file(
        customer(1), customer(2, gender="f"), customer(3), options=("--report", "refused.csv")
    )

    reason = "gender: must be empty or one of Male, Female"
    assert result.exit_code == 1
    assert result.stdout == "created 2, updated 0, unchanged 0, refused 1\n"
    assert result.stderr.endswith(f"\nline 3: {reason}\n")
    assert (directory / "refused.csv").read_bytes().decode() == (
        f'line,customer_reference,error\r\n3,DE--2,"{reason}"\r\n'
    )
    assert references() == ["DE--1", "DE--3"]


def test_a_dry_run_writes_nothing(import_file, references):
    result = import_file(customer(1), options=("--dry-run",))

    assert result.exit_code == 0
    assert result.stdout == (
        "dry run, nothing was written: created 1, updated 0, unchanged 0, refused 0\n"
    )
    assert references() == []


def test_clear_text_passwords_are_taken_on_demand_alone(import_file):
    row = customer(1, password="change123")

    refused = import_file(row)
    taken = import_file(row, options=("--allow-clear-text-passwords",))

    assert refused.exit_code == 1
    assert "line 2: password: clear text is refused; use --allow-clear" in refused.stderr
    assert taken.exit_code == 0


def test_passwords_are_overwritten_on_demand_alone(import_file):
    import_file(customer(1))
    row = customer(1, password="another456")

    kept = import_file(row, options=("--allow-clear-text-passwords",))
    replaced = import_file(row, options=("--allow-clear-text-passwords", "--overwrite-passwords"))

    assert kept.stdout == "created 0, updated 0, unchanged 1, refused 0\n"
    assert replaced.stdout == "created 0, updated 1, unchanged 0, refused 0\n"


def test_the_store_decides_on_locales(import_file):
    result = import_file(customer(1, locale_name="fr-CH"), LOCALES="de_CH,fr_CH")

    assert result.exit_code == 0


def test_a_terminal_shows_progress_and_whole_lines(directory):
    (directory / "customers.csv").write_bytes(customers_file(customer(1, gender="f")))
    terminal, end = pty.openpty()

    subprocess.run(
        [sys.executable, "-m", "customer_api", "import", "customers", "customers.csv"],
        stdout=subprocess.DEVNULL,
        stderr=end,
        check=False,
    )

    os.close(end)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert re.search(r"import  \[#+\]  100%  \d+ rows/s", shown)
    assert "\r\x1b[Kline 2: gender: must be empty or one of Male, Female\r\n" in shown


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the first line must name the columns"),
        (b"email\n", "the column customer_reference is missing"),
        (
            b"email,customer_reference\n\xfc@shop.example,DE--1\n",
            "the file is not UTF-8 text (line 2)",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(run, directory, content, problem):
    (directory / "customers.csv").write_bytes(content)

    result = run("import", "customers", "customers.csv")

    assert result.exit_code == 2
    assert result.output == f"customer-api: customers.csv: {problem}\n"


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_is_not_there_is_explained(run, name):
    result = run("import", "customers", name)

    assert result.exit_code == 2
    assert name in result.stderr


def test_the_report_never_replaces_the_file(import_file, directory):
    result = import_file(customer(1), options=("--report", "./customers.csv"))

    assert result.exit_code == 2
    assert "the report would overwrite the file" in result.stderr
    assert (directory / "customers.csv").read_bytes() == customers_file(customer(1))


def test_a_report_that_cannot_be_written_is_explained_before_the_import(import_file, directory):
    result = import_file(customer(1), options=("--report", "missing/refused.csv"))

    assert result.exit_code == 2
    assert result.stderr == "customer-api: missing/refused.csv: No such file or directory\n"
    assert not (directory / "var").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"SIGNING_KEYS": "missing.pem"}, "missing.pem"),
        ({"DATABASE_URL": "mysql://host/database"}, "the database URL must start with"),
        ({"MAIL_URL": "pigeon://roof"}, "the mail URL must start with"),
    ],
)
def test_settings_that_cannot_be_used_are_explained(import_file, settings, message):
    result = import_file(customer(1), **settings)

    assert result.exit_code == 2
    assert message in result.stderr


def test_a_server_database_must_have_been_migrated(import_file, postgres_databases):
    result = import_file(customer(1), DATABASE_URL=postgres_databases.blank())

    assert result.exit_code == 2
    assert result.stderr.endswith(
        "customer-api: the database has another schema than this program; "
        "run `customer-api migrate`\n"
    )


def test_an_unreachable_database_is_explained(import_file, unused_port):
    result = import_file(
        customer(1), DATABASE_URL=f"postgresql://nobody@127.0.0.1:{unused_port}/none"
    )

    assert result.exit_code == 2
    assert "the database cannot be used: " in result.stderr


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DatabaseUnavailable(), "the database does not answer; what was imported stays"),
        (
            ProgrammingError("SELECT", {}, Exception("ada@shop.example")),
            "the database cannot be used: Exception\n",
        ),
        (OSError(errno.EIO, "Input/output error"), "customers.csv: Input/output error\n"),
    ],
)
def test_a_failure_on_the_way_is_explained_without_data(import_file, monkeypatch, error, message):
    async def fail(*_, **__):
        raise error

    monkeypatch.setattr(Importer, "run", fail)

    result = import_file(customer(1))

    assert result.exit_code == 2
    assert message in result.stderr
    assert "ada@" not in result.output


def test_help_shows_columns_options_and_examples(run):
    result = run("import", "customers", "--help")

    assert (
        "\n    customer_reference  needed; known ones are changed, others created\n"
        in result.output
    )
    assert "\n    customer-api import customers customers.csv\n" in result.output
    assert "--overwrite-passwords" in result.output
