"""What is added is sealed: once, whatever its id, and by whatever worker."""

import asyncio
import hashlib
import json
import logging

import asyncpg
import pytest
from sqlalchemy import insert

from customer_api.audit import seal_repository, sealing
from customer_api.audit.models import (
    AuditEventRow,
    SealedEventRow,
    SealRow,
    UnsealedEventRow,
)
from customer_api.audit.sealing import Sealing
from customer_api.core.db import open_units
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.ids import random_uuid
from customer_api.tokens.live_sessions import LiveSessions
from tests.audit.conftest import Trail


async def subjects_by_seal(trail):
    """Return the subjects under each seal, in their order."""
    subjects = {it.uuid: it.subject for it in await trail.rows(AuditEventRow)}
    found = {}
    for row in await trail.rows(SealedEventRow):
        found.setdefault(row.seal_number, []).append(subjects[row.uuid])
    return found


async def test_events_are_sealed_in_batches(trail, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 2)
    await trail.add("a", "b", "c")

    sealed = await trail.sealing.seal()

    assert sealed == 3
    assert await subjects_by_seal(trail) == {1: ["a", "b"], 2: ["c"]}
    assert await trail.rows(UnsealedEventRow) == []
    events, (first, second) = await trail.rows(AuditEventRow), await trail.rows(SealRow)
    assert (first.first_event, first.last_event) == (events[0].uuid, events[1].uuid)
    assert [it.events for it in (first, second)] == [2, 1]
    assert second.sealed_at == trail.clock.now()


async def test_a_seal_can_be_checked_without_this_program(trail):
    await trail.add_sealed("a")
    await trail.add_sealed("b")

    event, first, seal = (
        (await trail.rows(AuditEventRow))[1],
        *await trail.rows(SealRow),
    )

    # As decision 0043 has it; this form is for ever.
    columns = [2, event.uuid, "2026-03-01T12:00:02.000000+00:00", "command_line", ""]
    columns += ["customer.changed", "b", "", ""]
    digest = hashlib.sha256(json.dumps(columns, separators=(",", ":")).encode()).hexdigest()
    head = [2, first.hash, event.uuid, event.uuid, 1, "2026-03-01T12:00:02.000000+00:00"]
    text = f"{json.dumps(head, separators=(',', ':'))}\n{digest}\n"
    assert seal.hash == hashlib.sha256(text.encode()).hexdigest()
    assert seal.previous_hash == first.hash
    assert first.previous_hash == "0" * 64


async def test_without_events_there_is_no_seal(trail):
    assert await trail.sealing.seal() == 0
    assert await trail.rows(SealRow) == []


async def test_an_event_that_was_rolled_back_does_not_wait(trail):
    def work(connection):
        connection.execute(insert(AuditEventRow), values_of("a", trail))
        assert seal_repository.count_waiting(connection) == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await trail.units.write(work)

    assert await trail.rows(UnsealedEventRow) == []


async def test_an_event_that_commits_behind_younger_ones_is_in_a_later_seal(postgres_url, clock):
    units = open_units(postgres_url, LiveSessions(clock))
    trail = Trail(units=units, clock=clock, url=postgres_url)
    other = await asyncpg.connect(postgres_url)
    values = values_of("late", trail)
    names = ", ".join(values)
    places = ", ".join(f"${number}" for number, _ in enumerate(values, 1))
    transaction = other.transaction()
    await transaction.start()
    await other.execute(f"INSERT INTO audit_events ({names}) VALUES ({places})", *values.values())  # noqa: S608 - names of columns
    await trail.add_sealed("early")
    await transaction.commit()
    await other.close()

    sealed = await trail.sealing.seal()

    assert sealed == 1
    assert [it.subject for it in await trail.rows(AuditEventRow)] == ["late", "early"]
    assert await subjects_by_seal(trail) == {1: ["early"], 2: ["late"]}
    assert (await trail.verify())[0] == []
    await units.close()


async def test_any_number_of_workers_seal_each_event_once(trail, database_url, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 1)
    subjects = [f"customer {number}" for number in range(10)]
    await trail.add(*subjects)
    others = [open_units(database_url, LiveSessions(trail.clock)) for _ in range(2)]
    workers = [Sealing(units=it, clock=trail.clock) for it in (trail.units, *others)]

    counts = await asyncio.gather(*(it.seal() for it in workers for _ in range(3)))
    rest = await trail.sealing.seal()

    assert sum(counts) + rest == 10
    assert await subjects_by_seal(trail) == {
        number: [subject] for number, subject in enumerate(subjects, 1)
    }
    assert (await trail.verify())[0] == []
    for units in others:
        await units.close()


async def test_who_knows_not_the_newest_seal_takes_nothing(trail, monkeypatch):
    await trail.add_sealed("a")
    await trail.add("b")
    monkeypatch.setattr(seal_repository, "find_newest", lambda _connection: None)

    assert await trail.sealing.seal() == 0

    assert await subjects_by_seal(trail) == {1: ["a"]}
    assert len(await trail.rows(UnsealedEventRow)) == 1


async def test_what_is_sealed_already_is_not_sealed_again(trail):
    await trail.add_sealed("a")
    await trail.do(
        "INSERT INTO audit_unsealed_events (event_id, uuid) SELECT id, uuid FROM audit_events"
    )  # as a restored backup does
    await trail.add("b")

    assert await trail.sealing.seal() == 1

    findings, tally = await trail.verify()
    assert (findings, tally.sealed, tally.waiting) == ([], 2, 0)


async def test_an_id_that_is_used_again_holds_up_nobody(trail):
    await trail.add_sealed("a", "b")
    await trail.add("c")
    await trail.do("DELETE FROM audit_events WHERE subject IN ('b', 'c')")  # SQLite uses ids again
    await trail.add("d", "e")

    assert await trail.sealing.seal() == 2

    findings, tally = await trail.verify()
    assert [what for what, *_ in findings] == ["was removed", "was removed before it was sealed"]
    assert tally.waiting == 0


async def run_once(trail, monkeypatch, seal):
    """Run the worker until it has called this once."""
    stop = asyncio.Event()

    async def seal_and_stop():
        stop.set()
        return await seal()

    monkeypatch.setattr(trail.sealing, "seal", seal_and_stop)
    await asyncio.wait_for(trail.sealing.run(stop), 10)


async def test_the_worker_seals_what_there_is(trail, monkeypatch):
    await trail.add("a")

    await run_once(trail, monkeypatch, trail.sealing.seal)

    assert await subjects_by_seal(trail) == {1: ["a"]}


@pytest.mark.parametrize(
    ("error", "events"),
    [(RuntimeError("a bug"), ["audit_sealing_failed"]), (DatabaseUnavailable(), [])],
)
async def test_the_worker_outlives_a_failure(trail, monkeypatch, caplog, error, events):
    async def fail():
        raise error

    await run_once(trail, monkeypatch, fail)

    assert [it.message for it in caplog.records if it.levelno == logging.ERROR] == events
    assert "a bug" not in caplog.text


async def test_workers_of_the_program_seal(shop, monkeypatch):
    stop, calls = asyncio.Event(), []

    async def seal(_self):
        calls.append("sealed")
        stop.set()

    monkeypatch.setattr(Sealing, "seal", seal)

    await asyncio.wait_for(shop.container.run_workers(stop), 10)

    assert calls == ["sealed"]


def values_of(subject, trail):
    """Return the values of an event, by column."""
    names = ("actor_kind", "actor", "action", "fields", "request_id")
    values = {"uuid": random_uuid(), "at": trail.clock.now(), "subject": subject}
    return {**dict.fromkeys(names, ""), **values}
