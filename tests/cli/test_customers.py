import os
import pty
import re
import sqlite3
import subprocess
import sys

import pytest
from click.testing import CliRunner
from sqlalchemy.exc import ProgrammingError

from customer_api.cli import main
from customer_api.core.errors import DatabaseUnavailable
from customer_api.passwords.mailings import PasswordMailings
from tests.transfers.files import customer, customers_file

RESET = ("customers", "reset-passwords", "--per-minute", "1e9")
FIRST = ("customers", "set-passwords", "--per-minute", "1e9")
HINT = r"if this is interrupted, continue with the same options and --resume ([0-9a-f-]{36})\n"


@pytest.fixture
def imported(run, directory):
    """Import two customers with a password and one without."""

    def run_import(**settings):
        rows = (customer(1), customer(2), customer(3, password=""))
        (directory / "customers.csv").write_bytes(customers_file(*rows))
        assert run("import", "customers", "customers.csv", **settings).exit_code == 0

    run_import()
    return run_import


@pytest.fixture
def mails(directory):
    """Return template and reference of the mails in the default database, sorted."""

    def read():
        with sqlite3.connect(directory / "var" / "customer-api.db") as connection:
            found = connection.execute("SELECT template, reference FROM mails").fetchall()
        connection.close()
        return sorted(found)

    return read


def answering(answer, *arguments):
    return CliRunner(catch_exceptions=False).invoke(main, arguments, input=answer)


def test_a_reset_asks_and_does_nothing_by_default(imported, mails):
    result = answering("\n", *RESET)

    assert result.exit_code == 1
    assert result.stderr.startswith("Remove the passwords of 3 customers, end their sessions")
    assert result.stderr.endswith("[y/N]: \ncustomer-api: nothing was done\n")
    assert mails() == []


def test_a_reset_that_was_agreed_to_mails_everybody(imported, mails):
    result = answering("y\n", *RESET)

    assert result.exit_code == 0
    assert result.stdout == "mailed 3, without mail 0, left out 0\n"
    assert re.search(HINT, result.stderr)
    assert mails() == [("password_reset", f"DE--{number}") for number in (1, 2, 3)]


def test_force_asks_nothing(run, imported, mails):
    result = run(*RESET, "--force", "--keep-passwords")

    assert result.exit_code == 0
    assert re.fullmatch(HINT, result.stderr)
    assert [template for template, _ in mails()] == ["password_invitation"] * 3


def test_a_dry_run_counts_and_writes_nothing(run, imported, mails):
    result = run(*FIRST, "--dry-run")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "dry run, nothing was written: 1 customers\n"
    assert mails() == []


def test_first_passwords_are_for_who_has_none(run, imported, mails):
    result = answering("y\n", *FIRST)

    assert result.stdout == "mailed 1, without mail 0, left out 0\n"
    assert result.stderr.startswith("Mail links to 1 customers who have no password? [y/N]: ")
    assert mails() == [("password_invitation", "DE--3")]


def test_both_databases_are_served(run, imported, database_url):
    imported(DATABASE_URL=database_url)

    reset = run(*RESET, "--force", DATABASE_URL=database_url)
    left = run(*FIRST, "--dry-run", DATABASE_URL=database_url)

    assert reset.stdout == "mailed 3, without mail 0, left out 0\n"
    assert left.stdout == "dry run, nothing was written: 3 customers\n"


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (("--locale", "de_DE"), 3),
        (("--locale", "de-DE"), 3),
        (("--locale", "en_US"), 0),
        (("--created-from", "2020-06-24"), 3),
        (("--created-from", "2020-06-24T00:00:01"), 0),
        (("--created-before", "2020-06-24"), 0),
        (("--created-before", "2020-06-25"), 3),
        (("--reference", "DE--1", "--reference", "DE--7"), 1),
        (("--references-file", "references.txt"), 2),
        (("--references-file", "references.txt", "--reference", "DE--1"), 3),
    ],
)
def test_options_narrow_whom_it_concerns(run, imported, directory, options, count):
    (directory / "references.txt").write_text("DE--2\n\n  DE--3\r\n", encoding="utf-8")

    result = run(*RESET, "--dry-run", *options)

    assert result.stdout == f"dry run, nothing was written: {count} customers\n"


def test_references_of_nobody_are_told(run, imported):
    some = run(*RESET, "--dry-run", "--reference", "DE--1", "--reference", "DE--7")
    all_known = run(*RESET, "--dry-run", "--reference", "DE--1")

    others = "the others are of nobody whom this concerns (any more), or come twice"
    assert some.stderr.endswith(f"1 of 2 references count; {others}\n")
    assert others not in all_known.stderr


def test_who_has_a_link_that_works_can_be_left_out(run, imported, mails):
    run(*FIRST, "--force")

    result = run(*FIRST, "--force", "--only-without-pending")
    again = run(*FIRST, "--force")

    assert result.stdout == "mailed 0, without mail 0, left out 0\n"
    assert again.stdout == "mailed 1, without mail 0, left out 0\n"


def test_an_interrupted_run_is_continued(run, imported, mails, monkeypatch):
    reach, calls = PasswordMailings._reach, []  # noqa: SLF001 - where a process may die

    def reach_or_fail(*arguments, **options):
        calls.append(1)
        if len(calls) == 2:
            raise DatabaseUnavailable
        return reach(*arguments, **options)

    monkeypatch.setattr(PasswordMailings, "_reach", reach_or_fail)
    killed = run(*RESET, "--force")
    (run_id,) = re.findall(HINT, killed.stderr)

    result = run(*RESET, "--force", "--resume", run_id)
    again = run(*RESET, "--force", "--resume", run_id)

    assert killed.exit_code == 2
    assert "the database does not answer; whom it reached stays so" in killed.stderr
    assert result.stdout == "mailed 2, without mail 0, left out 0\n"
    assert again.stdout == "mailed 0, without mail 0, left out 0\n"
    assert mails() == [("password_reset", f"DE--{number}") for number in (1, 2, 3)]


def test_a_file_of_references_may_begin_with_a_byte_order_mark(run, imported, directory):
    (directory / "references.txt").write_text(
        "DE--1\r\nDE--2\r\n", encoding="utf-8-sig", newline=""
    )

    result = run(*RESET, "--references-file", "references.txt", "--force")

    assert result.stdout == "mailed 2, without mail 0, left out 0\n"


def test_only_a_run_of_the_same_command_is_continued(run, imported, mails):
    (run_id,) = re.findall(HINT, run(*FIRST, "--force").stderr)

    other = run(*RESET, "--force", "--resume", run_id)
    unknown = run(*FIRST, "--force", "--resume", "unknown")

    assert (other.exit_code, unknown.exit_code) == (2, 2)
    assert "no such run was started with this command and these options" in other.stderr
    assert len(mails()) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--locale", "fr_FR"), "'fr_FR' is no locale of the store"),
        (("--reference", "DE 1"), "'DE 1' is no reference of a customer"),
        (("--references-file", "latin1.txt"), "latin1.txt: UnicodeDecodeError"),
        (("--references-file", "missing.txt"), "does not exist"),
        (("--per-minute", "0"), "0.0 is not in the range"),
        (("--created-before", "yesterday"), "does not match the formats"),
    ],
)
def test_options_that_cannot_be_meant_are_explained(run, imported, directory, options, message):
    (directory / "latin1.txt").write_bytes(b"DE--\xfc\n")

    result = run(*RESET, "--force", *options)

    assert result.exit_code == 2
    assert message in result.stderr


def test_a_failure_on_the_way_is_explained_without_data(run, imported, monkeypatch):
    async def fail(*_arguments, **_options):
        raise ProgrammingError("SELECT", {}, Exception("ada@shop.example"))

    monkeypatch.setattr(PasswordMailings, "count", fail)

    result = run(*RESET, "--force")

    assert result.exit_code == 2
    assert result.stderr == "customer-api: the database cannot be used: Exception\n"


def test_a_terminal_shows_progress_with_rate_and_time_left(imported):
    terminal, end = pty.openpty()

    subprocess.run(
        [sys.executable, "-m", "customer_api", *RESET, "--force"],
        stdout=subprocess.DEVNULL,
        stderr=end,
        check=True,
    )

    os.close(end)
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert re.search(r"customers  \[#+\]  3/3", shown)
    assert re.search(r"\d+/min", shown)
