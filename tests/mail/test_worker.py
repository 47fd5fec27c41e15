import asyncio
import logging
from collections import defaultdict
from datetime import timedelta

import pytest

from customer_api.core.db import open_units
from customer_api.core.errors import DatabaseUnavailable
from customer_api.mail import worker as worker_module
from customer_api.mail.errors import DeliveryFailed, DeliveryRefused, ServerUnavailable
from customer_api.mail.worker import delay_seconds, pause_seconds
from tests.mail.transports import ScriptedTransport, StoppingTransport

LOGGER = "customer_api.mail.worker"


class WatchedUnits:
    """Counts writes; some of them fail with an error instead."""

    def __init__(self, units, *, error=None, failing=range(0)):
        self.writes = 0
        self._units = units
        self._error = error
        self._failing = failing

    async def scrub(self):
        pass

    async def write(self, work):
        try:
            if self.writes in self._failing:
                raise self._error
            return await self._units.write(work)
        finally:
            self.writes += 1


@pytest.fixture
def short_waits(monkeypatch):
    """Let the loop go round fast."""
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 0.01)
    monkeypatch.setattr(worker_module, "PAUSE_MAX", timedelta(seconds=0.01))


def events(caplog):
    return [(record.levelno, record.msg, record.code) for record in caplog.records]


async def wait_for(condition):
    """Let other tasks run until the condition holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - conditions have no event
            await asyncio.sleep(0)


async def test_waiting_mail_is_sent_to_its_recipient(box, worker, transport, caplog):
    caplog.set_level(logging.INFO, LOGGER)
    await box.put(await box.add_customer())

    handled = await worker.run_once()

    ((recipient, message),) = transport.sent
    (row,) = await box.rows()
    assert handled == 1
    assert recipient == message["To"] == "ada@customer.example"
    assert message["From"] == "shop@shop.example"
    assert message["Message-ID"] == row.message_id
    assert message["Date"].datetime == row.created_at
    assert message["Customer-Reference"] == row.reference
    assert message["Subject"] == "Your password was changed"
    assert (row.state, row.recipient) == ("sent", None)
    assert events(caplog) == [(logging.INFO, "mail_sent", None)]


async def test_empty_outbox_gives_nothing_to_do(worker, transport):
    assert await worker.run_once() == 0
    assert transport.sent == []


async def test_mail_to_an_international_domain_goes_to_its_ascii_form(box, worker, transport):
    await box.put(await box.add_customer(), recipient="ada@bücher.example")

    await worker.run_once()

    ((recipient, message),) = transport.sent
    assert recipient == message["To"] == "ada@xn--bcher-kva.example"


async def test_hostile_names_reach_neither_headers_nor_recipients(box, worker, transport):
    names = {"first_name": "=?utf-8?q?x=0ABcc:_eve?=", "last_name": "A\r\nBcc: eve@evil.example"}
    await box.put(await box.add_customer(), variables=names)

    await worker.run_once()

    ((recipient, message),) = transport.sent
    assert recipient == "ada@customer.example"
    assert "eve" not in str(message)


@pytest.mark.parametrize(
    "recipient", ["ada@customer.example\r\nBcc: eve@evil.example", "a@b.example,eve@evil.example"]
)
async def test_mail_without_a_bare_recipient_is_parked_unsent(box, worker, transport, recipient):
    await box.put(await box.add_customer(), recipient=recipient)

    await worker.run_once()

    (row,) = await box.rows()
    assert transport.sent == []
    assert (row.state, row.last_error) == ("parked", "address_invalid")


async def test_refused_mail_is_parked_at_once(box, worker, transport, caplog):
    await box.put(await box.add_customer())
    transport.errors = [DeliveryRefused("smtp_550")]

    handled = await worker.run_once()

    (row,) = await box.rows()
    assert handled == 1
    assert (row.state, row.last_error, row.tries) == ("parked", "smtp_550", 1)
    assert events(caplog) == [(logging.WARNING, "mail_parked", "smtp_550")]


async def test_failed_mail_is_sent_later_with_the_same_id(box, worker, transport, clock, caplog):
    await box.put(await box.add_customer())
    transport.errors = [DeliveryFailed("smtp_451")]

    await worker.run_once()

    (row,) = await box.rows()
    assert (row.state, row.last_error, row.tries) == ("waiting", "smtp_451", 1)
    assert timedelta(seconds=15) <= row.next_try_at - clock.now() <= timedelta(seconds=30)
    assert events(caplog) == [(logging.WARNING, "mail_failed", "smtp_451")]
    assert await worker.run_once() == 0
    clock.advance(seconds=30)
    assert await worker.run_once() == 1
    assert [message["Message-ID"] for _, message in transport.sent] == [row.message_id]


async def test_mail_is_parked_after_the_last_try(box, worker, transport, clock):
    await box.put(await box.add_customer())
    transport.errors = [DeliveryFailed("timeout")] * 9
    states = []

    for _ in range(3):
        await worker.run_once()
        (row,) = await box.rows()
        states.append((row.state, row.tries))
        clock.advance(hours=1)

    assert states == [("waiting", 1), ("waiting", 2), ("parked", 3)]
    assert row.last_error == "timeout"
    assert await worker.run_once() == 0


async def test_broken_template_fails_its_mail_and_no_other(box, worker, transport, caplog):
    await box.put(await box.add_customer("ada"), template="password_restore")  # without its link
    await box.put(await box.add_customer("grace"))

    handled = await worker.run_once()

    broken, sent = await box.rows()
    assert handled == 2
    assert (broken.state, broken.last_error) == ("waiting", "UndefinedError")
    assert sent.state == "sent"
    assert events(caplog) == [
        (logging.ERROR, "mail_broken", "UndefinedError"),
        (logging.WARNING, "mail_failed", "UndefinedError"),
    ]


async def test_unavailable_server_costs_no_mail_a_try(box, worker, transport):
    for name in ("ada", "grace", "edith"):
        await box.put(await box.add_customer(name))
    transport.errors = [None, ServerUnavailable("connection_refused")]

    with pytest.raises(ServerUnavailable):
        await worker.run_once()

    states = [(row.state, row.tries, row.claimed_until) for row in await box.rows()]
    assert states == [("sent", 1, None), ("waiting", 0, None), ("waiting", 0, None)]
    assert await worker.run_once() == 2


@pytest.mark.promise("S85", "G11")
async def test_mail_sent_but_not_marked_is_sent_again_with_the_same_id(
    box, make_worker, transport, clock
):
    await box.put(await box.add_customer())
    crashing = WatchedUnits(box.units, error=DatabaseUnavailable(), failing=[1])
    with pytest.raises(DatabaseUnavailable):
        await make_worker(units=crashing).run_once()
    at_once = await make_worker().run_once()
    clock.advance(minutes=2)

    after_the_lease = await make_worker().run_once()

    (first, first_message), (second, second_message) = transport.sent
    assert (at_once, after_the_lease) == (0, 1)
    assert first == second
    assert first_message["Message-ID"] == second_message["Message-ID"]
    assert first_message["Date"] == second_message["Date"]
    assert [row.state for row in await box.rows()] == ["sent"]


@pytest.mark.parametrize(
    "error", [None, DeliveryFailed("timeout"), DeliveryRefused("smtp_550")], ids=str
)
async def test_worker_that_lost_its_claim_records_nothing(box, make_worker, caplog, error):
    caplog.set_level(logging.INFO, LOGGER)
    customer = await box.add_customer()
    await box.put(customer)

    class Erasing(ScriptedTransport):
        async def send(self, message, *, recipient):
            await box.do("forget", customer)
            await super().send(message, recipient=recipient)

    await make_worker(transport=Erasing(error)).run_once()

    (row,) = await box.rows()
    assert (row.state, row.last_error) == ("parked", "erased")
    assert [record.msg for record in caplog.records] == ["mail_claim_lost"]


async def test_overdue_mail_is_not_sent_but_wiped(box, worker, transport, clock, caplog):
    await box.put(await box.add_customer(), expires_after=timedelta(hours=24))
    clock.advance(hours=24)

    handled = await worker.run_once()

    (row,) = await box.rows()
    assert (handled, transport.sent) == (0, [])
    assert (row.state, row.last_error, row.recipient) == ("parked", "expired", None)
    assert [(record.msg, record.count) for record in caplog.records] == [("mails_expired", 1)]


async def test_logs_name_no_person(box, worker, transport, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("ada", "grace", "edith"):
        await box.put(await box.add_customer(name))
    transport.errors = [
        DeliveryFailed("smtp_451"),
        DeliveryRefused("smtp_550"),
        ValueError("ada@customer.example"),
    ]

    await worker.run_once()

    logged = " ".join(str(vars(record)) for record in caplog.records)
    assert "'reference': 'DE--7K3MX0Q2VD'" in logged
    assert "'template': 'password_changed'" in logged
    assert "ada@" not in logged
    assert "Lovelace" not in logged


@pytest.mark.promise("S87")
async def test_two_workers_send_every_mail_once_and_in_order(
    box, database_url, make_worker, transport
):
    expected = {}
    for name in ("ada", "grace", "edith", "mary"):
        customer = await box.add_customer(name)
        references = [f"{name}-{number}" for number in range(5)]
        expected[name] = references
        for reference in references:
            await box.put(customer, reference=reference)
    others = open_units(database_url, pytest.fail)

    async def work(worker):
        while any(row.state == "waiting" for row in await box.rows()):
            await worker.run_once()

    await asyncio.gather(work(make_worker()), work(make_worker(units=others)))
    await others.close()

    sent = defaultdict(list)
    for _, message in transport.sent:
        sent[message["Customer-Reference"].partition("-")[0]].append(message["Customer-Reference"])
    assert sent == expected


async def test_loop_sends_everything_before_it_rests(box, worker, transport):
    for number in range(12):
        await box.put(await box.add_customer(f"customer-{number}"))
    stop = asyncio.Event()

    running = asyncio.create_task(worker.run(stop))
    await wait_for(lambda: len(transport.sent) == 12)
    stop.set()
    await running

    assert {row.state for row in await box.rows()} == {"sent"}


@pytest.mark.promise("S98")
async def test_stop_finishes_the_mail_in_hand_and_returns_the_others(box, make_worker):
    for name in ("ada", "grace", "edith"):
        await box.put(await box.add_customer(name))
    transport = StoppingTransport()

    await make_worker(transport=transport).run(transport.stop)

    states = [(row.state, row.claimed_until) for row in await box.rows()]
    assert states == [("sent", None), ("waiting", None), ("waiting", None)]
    assert len(await box.claim()) == 2


async def test_stopped_worker_does_not_start(box, worker, transport):
    await box.put(await box.add_customer())
    stop = asyncio.Event()
    stop.set()

    await worker.run(stop)

    assert transport.sent == []


@pytest.mark.usefixtures("short_waits")
async def test_mail_queued_during_a_rest_is_found(box, make_worker, transport):
    customer = await box.add_customer()
    stop = asyncio.Event()
    units = WatchedUnits(box.units)
    running = asyncio.create_task(make_worker(units=units).run(stop))
    await wait_for(lambda: units.writes == 1)
    await box.put(customer)

    await wait_for(lambda: transport.sent)

    stop.set()
    await running


@pytest.mark.parametrize("failing", [range(0), range(1)], ids=["rest", "pause"])
async def test_stop_ends_a_rest_and_a_pause(make_worker, units, monkeypatch, failing):
    monkeypatch.setattr(worker_module, "IDLE_SECONDS", 3600)
    monkeypatch.setattr(worker_module, "pause_seconds", lambda _: 3600)
    watched = WatchedUnits(units, error=DatabaseUnavailable(), failing=failing)
    stop = asyncio.Event()
    running = asyncio.create_task(make_worker(units=watched).run(stop))
    await wait_for(lambda: watched.writes == 1)

    stop.set()

    async with asyncio.timeout(5):
        await running
    assert watched.writes == 1


@pytest.mark.usefixtures("short_waits")
@pytest.mark.parametrize(
    ("error", "event"),
    [
        (DatabaseUnavailable(), (logging.WARNING, "mail_worker_paused", "DatabaseUnavailable")),
        (ValueError("ada@customer.example"), (logging.ERROR, "mail_worker_failed", "ValueError")),
    ],
)
async def test_loop_outlives_failures(box, make_worker, caplog, error, event):
    await box.put(await box.add_customer())
    units = WatchedUnits(box.units, error=error, failing=range(2))
    stop = asyncio.Event()

    running = asyncio.create_task(make_worker(units=units).run(stop))
    await wait_for(lambda: units.writes >= 5)  # twice nothing, then claim and mark, find no other
    stop.set()
    await running

    assert events(caplog) == [event, event]
    assert [row.state for row in await box.rows()] == ["sent"]
    assert "ada@" not in caplog.text


@pytest.mark.usefixtures("short_waits")
async def test_loop_sends_what_waited_for_the_server(box, make_worker, caplog):
    for name in ("ada", "grace"):
        await box.put(await box.add_customer(name))
    transport = ScriptedTransport(*[ServerUnavailable("connection_refused")] * 5)
    stop = asyncio.Event()

    running = asyncio.create_task(make_worker(transport=transport).run(stop))
    await wait_for(lambda: len(transport.sent) == 2)
    stop.set()
    await running

    assert events(caplog) == [(logging.WARNING, "mail_worker_paused", "connection_refused")] * 5
    assert [(row.state, row.tries) for row in await box.rows()] == [("sent", 1)] * 2


@pytest.mark.promise("S83")
@pytest.mark.parametrize(
    ("tries", "share", "seconds"),
    [(0, 1, 30), (0, 0, 15), (1, 1, 60), (2, 1, 120), (6, 1, 1920), (7, 1, 3600), (99, 0.5, 2700)],
)
def test_delay_doubles_up_to_an_hour_and_varies_by_half(tries, share, seconds):
    assert delay_seconds(tries, share=share) == seconds


@pytest.mark.parametrize(("failures", "seconds"), [(1, 1), (2, 2), (5, 16), (6, 30), (99, 30)])
def test_pause_doubles_up_to_half_a_minute(failures, seconds):
    assert pause_seconds(failures) == seconds
