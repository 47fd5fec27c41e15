"""`customer-api audit`: sealing by hand, and what verification prints."""

import asyncio

import pytest
from sqlalchemy import text

from customer_api.audit import repository
from customer_api.audit.models import COMMAND_LINE, Action, AuditEventRow, SealRow
from tests.tables import rows


@pytest.fixture
def command(run, database_url, signing_key):
    """Run a command on the test's database, where no event loop runs."""

    async def run_command(*arguments):
        settings = {"DATABASE_URL": database_url, "SIGNING_KEYS": str(signing_key)}
        return await asyncio.to_thread(run, "audit", *arguments, **settings)

    return run_command


@pytest.fixture
async def events(shop):
    """Add events, and return their uuids."""

    async def add(*subjects):
        for subject in subjects:
            await shop.container.units.write(
                lambda it, subject=subject: repository.add(
                    it, COMMAND_LINE, Action.CUSTOMER_READ, subject, now=shop.clock.now()
                )
            )
        return [it.uuid for it in await rows(shop, AuditEventRow)]

    return add


async def test_what_is_right_is_counted(command, events, shop):
    await events("a", "b")
    sealed = await command("seal")
    await events("c")

    verified = await command("verify")

    (seal,) = await rows(shop, SealRow)
    assert (sealed.exit_code, sealed.output) == (0, "sealed 2 events\n")
    assert verified.exit_code == 0
    assert verified.output.splitlines() == [
        "2 events under 1 seals, 1 not yet sealed",
        f"newest seal: 1, {seal.sealed_at:%Y-%m-%d %H:%M:%S} UTC, {seal.hash}",
        "0 findings",
    ]


async def test_without_any_event_nothing_is_wrong(command):
    result = await command("verify")

    assert result.exit_code == 0
    assert result.output == "0 events under 0 seals, 0 not yet sealed\n0 findings\n"


async def test_what_is_wrong_is_named(command, events, shop):
    uuid, other = await events("a", "b")
    await command("seal")
    await shop.container.units.write(
        lambda it: it.execute(
            text("UPDATE audit_events SET subject = 'x' WHERE uuid = :uuid"), {"uuid": uuid}
        )
    )
    await shop.container.units.write(
        lambda it: it.execute(
            text("DELETE FROM audit_sealed_events WHERE uuid <> :uuid"), {"uuid": uuid}
        )
    )

    result = await command("verify")

    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert lines[:3] == [
        f"seal 1, event {uuid} was changed",
        "seal 1 was changed, or what is under it (1 of 2 events)",
        f"event {other} is neither sealed nor waiting: added by other means",
    ]
    assert lines[-1] == "3 findings"


async def test_a_hash_that_was_kept_is_looked_for(command, events, shop):
    await events("a")
    await command("seal")
    (seal,) = await rows(shop, SealRow)

    good = await command("verify", "--expect", seal.hash)
    bad = await command("verify", "--expect", "0" * 64)

    assert (good.exit_code, bad.exit_code) == (0, 1)
    assert bad.output.startswith("no seal has the expected hash: it was changed or removed\n")
    assert bad.output.endswith("1 findings\n")


def test_a_database_that_is_not_there_is_not_made(run, directory):
    result = run("audit", "verify")

    assert (result.exit_code, result.output) == (1, "customer-api: the database does not exist\n")
    assert not list(directory.rglob("*.db"))


def test_a_database_that_cannot_be_read_is_explained(run, directory):
    path = directory / "empty.db"
    path.touch()

    result = run("audit", "verify", DATABASE_URL=f"sqlite:///{path}")

    assert result.exit_code == 1
    assert "the database cannot be read: " in result.output
