"""Two processes that deliver a thousand mails: each once, and each customer's in their order."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from email import message_from_bytes

import pytest
from sqlalchemy import insert, select

from customer_api.core.clock import SystemClock
from customer_api.core.db import open_units
from customer_api.customers.models import CustomerRow
from customer_api.mail.message import PASSWORD_CHANGED, Mail
from customer_api.mail.models import SENT, MailRow
from customer_api.mail.outbox import Outbox
from tests.mail.smtp import Sink, smtp_server

pytestmark = pytest.mark.long

CUSTOMERS = 200
MAILS_EACH = 5
BUDGET_SECONDS = 240
WORKER = (sys.executable, "-m", "customer_api", "worker")


class KillingSink(Sink):
    """Kills the process that hands it the first message, as it hears that it was taken."""

    victim = 0

    async def handle_DATA(self, *arguments):  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(*arguments)
        if self.victim:
            os.kill(self.victim, signal.SIGKILL)
            self.victim = 0
        return answer


@pytest.fixture
async def units(database_url):
    opened = open_units(database_url, pytest.fail)
    yield opened
    await opened.close()


def fill(connection, *, customers=CUSTOMERS, mails_each=MAILS_EACH):
    """Queue mails, as if customers had made them in turn."""
    now = SystemClock().now()
    values = [
        {
            "reference": f"DE--{number}",
            "email": f"ada{number}@customer.example",
            "email_key": f"ada{number}@customer.example",
            "created_at": now,
            "updated_at": now,
            "version": 1,
        }
        for number in range(customers)
    ]
    connection.execute(insert(CustomerRow), values)
    ids = connection.execute(select(CustomerRow.id).order_by(CustomerRow.id)).scalars().all()
    outbox = Outbox(clock=SystemClock(), sender="shop@shop.example")
    for number in range(mails_each):
        for id_ in ids:
            mail = Mail(
                template=PASSWORD_CHANGED,
                recipient=f"ada{id_}@customer.example",
                locale="en_US",
                reference=f"{id_}-{number}",
                customer_id=id_,
                variables={"first_name": "Ada", "last_name": "Lovelace"},
            )
            outbox.put(connection, mail)


def start_worker(directory, database_url, signing_key, port):
    """Start `customer-api worker`; whoever starts it ends it."""
    return subprocess.Popen(
        WORKER,
        cwd=directory,
        env={
            "PATH": os.defpath,
            "CUSTOMER_API_DATABASE_URL": database_url,
            "CUSTOMER_API_SIGNING_KEYS": str(signing_key),
            "CUSTOMER_API_MAIL_URL": f"smtp://127.0.0.1:{port}",
            "CUSTOMER_API_LOG_LEVEL": "warning",
            "CUSTOMER_API_DATABASE_BUSY_TIMEOUT_SECONDS": "30",
        },
    )


async def wait_for(sink, mails):
    deadline = time.monotonic() + BUDGET_SECONDS
    while len(sink.envelopes) < mails:
        assert time.monotonic() < deadline, f"only {len(sink.envelopes)} mails came"
        await asyncio.sleep(0.05)


@pytest.mark.promise("S87", "S98")
async def test_two_workers_send_a_thousand_mails_once_and_in_order(
    tmp_path, database_url, signing_key, units
):
    await units.write(fill)
    sink = Sink()
    async with smtp_server(sink) as port:
        workers = [start_worker(tmp_path, database_url, signing_key, port) for _ in range(2)]
        try:
            await wait_for(sink, CUSTOMERS)
            workers[0].send_signal(signal.SIGTERM)
            code = await asyncio.to_thread(workers[0].wait, 30)
            workers.append(start_worker(tmp_path, database_url, signing_key, port))
            await wait_for(sink, CUSTOMERS * MAILS_EACH)
        finally:
            for worker in workers:
                worker.terminate()
                await asyncio.to_thread(worker.wait, 30)

    order = defaultdict(list)
    for envelope in sink.envelopes:
        customer, _, number = message_from_bytes(envelope.original_content)[
            "Customer-Reference"
        ].partition("-")
        order[customer].append(int(number))
    assert code == 0
    assert len(order) == CUSTOMERS
    assert all(numbers == list(range(MAILS_EACH)) for numbers in order.values())
    states = await units.read(lambda it: it.execute(select(MailRow.state)).scalars().all())
    assert set(states) == {SENT}


@pytest.mark.promise("G11", "S85")
async def test_a_worker_killed_between_sending_and_marking_repeats_one_mail_with_its_id(
    tmp_path, database_url, signing_key, units
):
    await units.write(lambda it: fill(it, customers=3, mails_each=1))
    sink = KillingSink()
    async with smtp_server(sink) as port:
        worker = start_worker(tmp_path, database_url, signing_key, port)
        sink.victim = worker.pid
        code = await asyncio.to_thread(worker.wait, 60)
        worker = start_worker(tmp_path, database_url, signing_key, port)
        try:
            await wait_for(sink, 4)  # after the lease of the killed one
            await asyncio.sleep(5)  # for more copies
        finally:
            worker.terminate()
            await asyncio.to_thread(worker.wait, 30)

    ids = [message_from_bytes(it.original_content)["Message-ID"] for it in sink.envelopes]
    assert code == -signal.SIGKILL
    assert sorted(Counter(ids).values()) == [1, 1, 2]
    assert ids[0] in ids[1:]
