import json
import os
import pty
import re
import subprocess
import sys

import pytest
from sqlalchemy.exc import ProgrammingError

from customer_api.core.errors import DatabaseUnavailable
from customer_api.transfers.exporter import Exporter
from tests.transfers.files import address, customer, customers_file


@pytest.fixture
def import_customers(run, directory):
    """Import customers into the default database."""

    def run_command(*rows, **settings):
        (directory / "in.csv").write_bytes(customers_file(*rows))
        return run("import", "customers", "in.csv", **settings)

    return run_command


def test_what_was_imported_is_written_again(run, import_customers, directory, database_url):
    import_customers(customer(1), customer(2, phone=""), DATABASE_URL=database_url)

    result = run("export", "customers", "--with-passwords", "out.csv", DATABASE_URL=database_url)

    assert (result.exit_code, result.stdout) == (0, "exported 2 customers\n")
    assert (directory / "out.csv").read_bytes() == (directory / "in.csv").read_bytes()
    assert (directory / "out.csv").stat().st_mode & 0o777 == 0o600


def test_addresses_are_written_again(run, import_customers, directory, database_url):
    import_customers(customer(1), DATABASE_URL=database_url)
    (directory / "in.csv").write_bytes(customers_file(address(1), address(2)))
    run("import", "addresses", "in.csv", DATABASE_URL=database_url)

    result = run("export", "addresses", "out.csv", DATABASE_URL=database_url)

    assert (result.exit_code, result.stdout) == (0, "exported 2 addresses\n")
    assert (directory / "out.csv").read_bytes() == (directory / "in.csv").read_bytes()


@pytest.mark.parametrize(
    ("options", "name"), [([], "out.ndjson"), (["--format", "ndjson"], "out.txt")]
)
def test_json_is_written_on_demand_and_hashes_are_not(
    run, import_customers, directory, options, name
):
    import_customers(customer(1))

    run("export", "customers", *options, name)

    (line,) = (directory / name).read_text().splitlines()
    assert json.loads(line) == customer(1) | {"password": None}


def test_a_terminal_shows_progress(import_customers, directory):
    import_customers(customer(1))
    terminal, end = pty.openpty()

    subprocess.run(
        [sys.executable, "-m", "customer_api", "export", "customers", "out.csv"],
        stdout=subprocess.DEVNULL,
        stderr=end,
        check=True,
    )

    os.close(end)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert re.search(r"export  \[#+\]  100%  \d+ rows/s", shown)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing/out.csv", "missing/out.csv: No such file or directory\n"),
        (os.devnull, "/dev/null is no regular file\n"),
    ],
)
def test_a_file_that_cannot_be_written_is_explained(run, name, message):
    result = run("export", "customers", name)

    assert (result.exit_code, result.stderr) == (2, f"customer-api: {message}")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (DatabaseUnavailable(), "the database does not answer; nothing was exported\n"),
        (
            ProgrammingError("SELECT", {}, Exception("ada@shop.example")),
            "the database cannot be used: Exception\n",
        ),
    ],
)
def test_a_failure_leaves_no_file(run, directory, monkeypatch, error, message):
    async def fail(*_):
        raise error

    monkeypatch.setattr(Exporter, "run", fail)

    result = run("export", "customers", "out.csv")

    assert result.exit_code == 2
    assert result.stderr.endswith(f"customer-api: {message}")
    assert not list(directory.glob("*out.csv*"))


def test_an_unreachable_database_leaves_no_file(run, directory, unused_port):
    url = f"postgresql://nobody@127.0.0.1:{unused_port}/none"

    result = run("export", "customers", "out.csv", DATABASE_URL=url)

    assert result.exit_code == 2
    assert not list(directory.glob(".out.csv*"))
