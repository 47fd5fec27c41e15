"""Imports that are cut off by a kill, and go on."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from customer_api.core.settings import PREFIX
from tests.transfers.files import customer, customers_file

ROWS = [customer(number, **({"gender": "f"} if number % 3 == 0 else {})) for number in range(1, 10)]
FILE = "customers.csv"
CREATED, REFUSED = 6, 3
REPORT = "line,customer_reference,error\r\n" + "".join(
    f'{number + 1},DE--{number},"gender: must be empty or one of Male, Female"\r\n'
    for number in (3, 6, 9)
)
KILLED = """
import os, signal
from customer_api.cli import main
from customer_api.transfers import importer
from customer_api.transfers.checkpoint import CheckpointFile

importer.BATCH = 2
save, calls = CheckpointFile.save, []

def save_or_die(self, checkpoint):
    calls.append(checkpoint)
    if len(calls) < {call} or {after}:
        save(self, checkpoint)
    if len(calls) == {call}:
        os.kill(os.getpid(), signal.SIGKILL)

CheckpointFile.save = save_or_die
main({arguments!r})
"""


@pytest.fixture
def kill(directory):
    """Import in a process of its own, which is killed at the n-th checkpoint."""

    def run(*arguments, call, after, **settings):
        code = KILLED.format(call=call, after=after, arguments=["import", "customers", *arguments])
        environment = os.environ | {PREFIX + name: value for name, value in settings.items()}  # noqa: TID251 - for a process
        ended = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=False, env=environment
        )
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()

    return run


@pytest.fixture(autouse=True)
def file(directory, sqlite_databases):
    """The file, and the database of the defaults, migrated."""
    (directory / FILE).write_bytes(customers_file(*ROWS))
    (directory / "var").mkdir()
    migrated = sqlite_databases.migrated(directory / "var").removeprefix("sqlite:///")
    Path(migrated).rename(directory / "var" / "customer-api.db")


def counts(result):
    return {name: int(count) for name, count in re.findall(r"(\w+) (\d+)", result.stdout)}


@pytest.mark.parametrize(
    ("call", "database_url"),
    [*((call, "sqlite") for call in (1, 2, 3, 4)), (2, "postgresql")],
    indirect=["database_url"],
)
@pytest.mark.parametrize("after", [False, True])
def test_a_killed_import_goes_on_and_does_one_batch_again_at_most(
    run, kill, database_url, call, after
):
    kill("--report", "refused.csv", FILE, call=call, after=after, DATABASE_URL=database_url)

    result = run(
        "import",
        "customers",
        "--report",
        "refused.csv",
        "--resume",
        FILE,
        DATABASE_URL=database_url,
    )

    found = counts(result)
    assert result.exit_code == 1
    assert found["refused"] == REFUSED
    assert found["created"] + found["unchanged"] == CREATED
    assert found["unchanged"] == (0 if after else min(2, found["unchanged"]))
    assert Path("refused.csv").read_bytes().decode() == REPORT
    assert not list(Path().glob("*.checkpoint*"))


def test_a_resumed_import_says_where_it_goes_on(run, kill):
    kill(FILE, call=2, after=True)

    result = run("import", "customers", "--resume", FILE)

    assert result.stderr.startswith("going on behind line 5\n")
    assert counts(result) == {"created": CREATED, "updated": 0, "unchanged": 0, "refused": REFUSED}


def test_a_resumed_import_is_noted_again(run, kill, directory):
    kill(FILE, call=2, after=True)

    run("import", "customers", "--resume", FILE)

    with sqlite3.connect(directory / "var" / "customer-api.db") as connection:
        events = connection.execute("SELECT action, fields FROM audit_events").fetchall()
    connection.close()
    assert events == [("customer.file_imported", ",".join(ROWS[0]))] * 2


def test_without_resume_it_starts_anew(run, kill):
    kill(FILE, call=2, after=True)

    result = run("import", "customers", FILE)

    assert "starting anew; --resume goes on from customers.csv.checkpoint\n" in result.stderr
    assert counts(result)["unchanged"] > 0
    assert not Path("customers.csv.checkpoint").exists()


def test_a_resume_without_a_checkpoint_starts_at_the_beginning(run):
    result = run("import", "customers", "--resume", FILE)

    assert "there is no customers.csv.checkpoint, so this starts at the beginning" in result.stderr
    assert counts(result)["created"] == CREATED


@pytest.mark.parametrize(
    ("options", "changes"),
    [(["--overwrite-passwords"], {}), ([], {"DATABASE_URL": "sqlite:///other.db"}), ([], None)],
)
def test_another_import_is_not_taken_for_the_same(run, kill, options, changes):
    kill(FILE, call=2, after=True)
    if changes is None:
        Path(FILE).write_bytes(customers_file(*ROWS, customer(10)))

    result = run("import", "customers", "--resume", *options, FILE, **(changes or {}))

    assert result.exit_code == 2
    assert "customers.csv.checkpoint is of another import" in result.stderr


def test_a_report_that_was_lost_is_not_gone_on_with(run, kill, directory):
    kill("--report", "refused.csv", FILE, call=2, after=True)
    (directory / "refused.csv").unlink()

    result = run("import", "customers", "--report", "refused.csv", "--resume", FILE)

    assert result.exit_code == 2
    assert "refused.csv is not the report that was begun" in result.stderr


def test_a_dry_run_leaves_no_checkpoint_and_cannot_be_resumed(run, directory):
    run("import", "customers", "--dry-run", FILE)
    result = run("import", "customers", "--dry-run", "--resume", FILE)

    assert result.exit_code == 2
    assert "a dry run has nothing to go on from" in result.stderr
    assert not list(directory.glob("*.checkpoint*"))


def test_where_no_checkpoint_can_be_written_the_import_goes_on(run, directory):
    (directory / "customers.csv.checkpoint.new").mkdir()

    result = run("import", "customers", FILE)

    reason = "this import cannot be resumed: customers.csv.checkpoint: Is a directory\n"
    assert result.stderr.count(reason) == 1
    assert counts(result)["created"] == CREATED


def test_a_checkpoint_says_nothing_of_anybody(kill, directory):
    kill(FILE, call=2, after=True)

    text = (directory / "customers.csv.checkpoint").read_text()

    assert re.fullmatch(
        r'\{"import": "[0-9a-f]{64}", "line": 5, "summary": \{"created": 3, "updated": 0, '
        r'"unchanged": 0, "refused": 1\}, "report_size": 0\}',
        text,
    )


def test_what_was_killed_holds_only_whole_batches(kill, directory):
    kill(FILE, call=2, after=False)

    with sqlite3.connect(directory / "var" / "customer-api.db") as connection:
        (number,) = connection.execute("SELECT count(*) FROM customers").fetchone()
    connection.close()
    assert number == 3
