"""`customer-api privacy`: where personal data is, whether it is gone, and how to remove traces."""

import asyncio
import re
import sqlite3
from contextlib import closing

import pytest

from customer_api.cli import privacy
from customer_api.core.traces import DatabaseInUse
from tests.contract.texts import ONE_DATABASE
from tests.shop import address

CANARY = "Quetzalcoatl"
EMAIL = "quetzal@shop.example"


@pytest.fixture
async def account(shop, directory):
    """A customer with canaries, seen by commands that run in the directory."""
    account = await shop.account(EMAIL, firstName=CANARY)
    path = f"/customers/{account.reference}/addresses"
    await shop.call("POST", path, address(city=CANARY), by=account)
    return account


@pytest.fixture
def command(run, database_url):
    """Run a command on the test's database, where no event loop runs."""

    async def run_command(*arguments, **settings):
        return await asyncio.to_thread(
            run, "privacy", *arguments, DATABASE_URL=database_url, **settings
        )

    return run_command


async def erase(shop, account):
    assert (
        await shop.call("DELETE", f"/customers/{account.reference}", by=account)
    ).status_code == 204
    await shop.mails()


def test_the_map_shows_every_class_and_who_wipes_what(run):
    result = run("privacy", "map")

    assert result.exit_code == 0
    assert "| `email` | personal | wiped by `customer` | `customers.email` |" in result.output
    assert "| `digest` | secret | wiped by `tokens` | named, not shown: digest of a token |" in (
        result.output
    )
    assert "| `reference` | kept | stays: public id, no person in it |  |" in result.output


async def test_a_customer_who_is_there_is_found_and_never_printed(command, account):
    result = await command("verify", account.reference, "--canary", CANARY, "--canary", EMAIL)

    assert result.exit_code == 1
    assert result.output.startswith("not erased\n")
    assert "canary 1 (plain) in addresses.city: 1" in result.output
    assert "canary 2 (plain) in customers.email_key: 1" in result.output
    assert not re.search("quetzal", result.output, re.IGNORECASE)


@pytest.mark.promise("S109", "S113", "G7")
async def test_after_an_erasure_nothing_is_found(command, shop, account):
    await erase(shop, account)

    result = await command("verify", account.reference, "--canary", CANARY, "--canary", EMAIL)

    assert result.exit_code == 0, result.output
    assert re.match(r"erased \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by customer; rows: ", result.output)
    assert "addresses 1" in result.output
    assert result.output.endswith("0 hits of 2 canaries\n")
    assert "backups and snapshots" in result.output


async def test_values_come_from_a_file_logs_are_searched_and_mails_told_apart(
    command, shop, account, directory
):
    await erase(shop, account)
    (directory / "values").write_text(f"{CANARY}\n\n{EMAIL}\n")
    (directory / "shop.log").write_text(f"hello {EMAIL}\n")
    (directory / "mail").mkdir()
    (directory / "mail" / "1.eml").write_text(f"To: {EMAIL}\n\nHello")

    result = await command(
        "verify",
        account.reference,
        "--canaries",
        "values",
        "--log",
        "shop.log",
        MAIL_URL="files:mail",
    )

    assert result.exit_code == 1
    assert "canary 2 (plain) in shop.log: 1" in result.output
    assert "delivered mails, which are out of reach of any erasure:\n" in result.output
    assert "canary 2 (plain) in mail: 1" in result.output
    assert result.output.endswith("1 hits of 2 canaries\n")


async def test_mails_in_no_directory_are_not_searched(command, shop, account, directory):
    await erase(shop, account)
    (directory / "var" / "mail").mkdir(parents=True)
    (directory / "var" / "mail" / "1.eml").write_text(f"To: {EMAIL}\n\nHello")

    result = await command(
        "verify", account.reference, "--canary", EMAIL, MAIL_URL="smtp://127.0.0.1:25"
    )

    assert result.exit_code == 0, result.output
    assert "delivered mails" not in result.output


@ONE_DATABASE  # PostgreSQL's files are its operator's business
async def test_traces_in_the_file_of_an_embedded_database_are_found(
    command, shop, account, database_url
):
    await erase(shop, account)
    with closing(sqlite3.connect(database_url.removeprefix("sqlite:///"))) as connection:
        connection.executescript("PRAGMA secure_delete = OFF; CREATE TABLE leaks (name TEXT)")
        connection.execute("INSERT INTO leaks VALUES (?)", [CANARY * 9])
        connection.execute("DROP TABLE leaks")
        connection.commit()

    found = await command("verify", account.reference, "--canary", CANARY)
    purged = await command("purge")
    again = await command("verify", account.reference, "--canary", CANARY)

    assert (found.exit_code, purged.exit_code, again.exit_code) == (1, 0, 0)
    assert "test.sqlite3" in found.output
    assert "not searched and not purged: backups and snapshots of the file" in purged.output


@pytest.mark.parametrize("options", [(), ("--full",)])
async def test_a_purge_leaves_the_data_alone(command, shop, account, options):
    result = await command("purge", *options)

    assert result.exit_code == 0, result.output
    assert re.match(r"purged \d+ tables\n", result.output)
    assert await shop.is_logged_in(account)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "there is nothing to look for"),
        (("--canary", "short"), "a canary needs at least 6 characters"),
    ],
)
async def test_a_search_for_nothing_is_refused(command, account, arguments, message):
    result = await command("verify", account.reference, *arguments)

    assert (result.exit_code, message in result.output) == (2, True)


async def test_an_unknown_reference_is_refused(command, account):
    result = await command("verify", "DE--NOBODY", "--canary", CANARY)

    assert result.exit_code == 2
    assert "no customer has this reference" in result.output


@pytest.mark.parametrize("arguments", [("purge",), ("verify", "DE--1", "--canary", CANARY)])
def test_a_database_that_is_not_there_is_not_made(run, directory, arguments):
    result = run("privacy", *arguments)

    assert result.exit_code == 1
    assert "the database does not exist" in result.output
    assert list(directory.iterdir()) == []


@pytest.mark.parametrize("arguments", [("purge",), ("verify", "DE--1", "--canary", CANARY)])
def test_a_database_that_does_not_answer_is_told(run, unused_port, arguments):
    url = f"postgresql://nobody@127.0.0.1:{unused_port}/none"

    result = run("privacy", *arguments, DATABASE_URL=url)

    assert result.exit_code == 1
    assert "the database cannot be" in result.output


def test_a_database_in_use_is_told(run, directory, monkeypatch):
    def busy(*_arguments, **_options):
        raise DatabaseInUse

    monkeypatch.setattr(privacy, "remove_traces", busy)
    run("migrate")

    result = run("privacy", "purge")

    assert result.exit_code == 1
    assert "somebody uses the database just now" in result.output
