"""Mail servers that are away, silent, slow or cut: requests do not notice, and each mail arrives (G11)."""

import asyncio
import statistics
import time
from collections import Counter
from contextlib import AsyncExitStack, ExitStack
from email import message_from_bytes

import httpx
import pytest

from tests.blackbox.server import start_server
from tests.faults.proxy import ChaosProxy
from tests.long.load import document
from tests.mail.smtp import Sink, smtp_server
from tests.shop import registration

pytestmark = pytest.mark.long

OUTAGE_SECONDS = 75  # so that pauses and delays have grown to their longest
RECOVERY_SECONDS = 60
MAILS = 5

PAIRS = 400
ATTEMPTS = 3


class RecordingSink(Sink):
    """Keeps each copy; while it `hangs_up`, its sender never hears of it."""

    hangs_up = False

    async def handle_DATA(self, server, *arguments):  # noqa: N802 - aiosmtpd's name
        answer = await super().handle_DATA(server, *arguments)
        if self.hangs_up:
            server.transport.abort()
        return answer

    def ids(self):
        return Counter(
            message_from_bytes(envelope.original_content)["Message-ID"]
            for envelope in self.envelopes
        )


BEFORE_MESSAGE_BYTES = (
    100  # within the answers to MAIL and RCPT: the greetings have 91, DATA begins at 107
)

OUTAGES = {
    "refusing": ChaosProxy.reset,
    "black hole": ChaosProxy.swallow,
    "cut in the greeting": lambda proxy: proxy.cut_after(10),
    "cut before the message": lambda proxy: proxy.cut_after(BEFORE_MESSAGE_BYTES),
}


class Relay:
    """A mail server of its own behind a proxy, and a shop that sends through it."""

    def __init__(self, directory, sink, proxy):
        self.directory = directory
        self.sink = sink
        self.proxy = proxy
        self.server = None

    async def start(self):
        self.directory.mkdir()
        environment = {
            "CUSTOMER_API_MAIL_URL": f"smtp://127.0.0.1:{self.proxy.port}",
            "CUSTOMER_API_DOUBLE_OPT_IN": "false",
            "CUSTOMER_API_RATE_LIMITS": "off",
            "CUSTOMER_API_LOG_LEVEL": "warning",
        }
        self.server = await asyncio.to_thread(start_server, self.directory, environment)

    async def register(self, client, name):
        """Register a customer, which queues a mail; return how long it took."""
        body = document("customers", registration(email=f"{name}@shop.example"))
        started = time.perf_counter()
        answer = await client.post(f"{self.server.url}/v1/customers", json=body)
        assert answer.status_code == 201, answer.text
        return time.perf_counter() - started

    async def wait_for(self, mails, seconds):
        """Return how long it took until so many mails had come."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.timeout(seconds):
            while len(self.sink.ids()) < mails:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.1)
        return loop.time() - started


@pytest.fixture
async def make_relay(tmp_path):
    """Open relays, each with a shop."""
    async with AsyncExitStack() as sinks:
        with ExitStack() as stack:

            async def make(name):
                sink = RecordingSink()
                port = await sinks.enter_async_context(smtp_server(sink))
                relay = Relay(tmp_path / name, sink, stack.enter_context(ChaosProxy(port)))
                await relay.start()
                stack.callback(relay.server.stop)
                return relay

            yield make


@pytest.mark.promise("G11", "S11", "S83")
async def test_mails_of_an_outage_arrive_once_within_a_minute_after_it(make_relay):
    relays = {name: await make_relay(name) for name in OUTAGES}
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for name, relay in relays.items():
            OUTAGES[name](relay.proxy)
        for number in range(MAILS):
            for relay in relays.values():
                await relay.register(client, f"ada{number}")
        await asyncio.sleep(OUTAGE_SECONDS)
        during = {name: relay.sink.ids() for name, relay in relays.items()}
        for relay in relays.values():
            relay.proxy.heal()
        waits = await asyncio.gather(
            *(relay.wait_for(MAILS, RECOVERY_SECONDS) for relay in relays.values())
        )
        await asyncio.sleep(5)  # for copies

    assert all(not ids for ids in during.values()), during
    assert max(waits) <= RECOVERY_SECONDS, waits
    assert {max(relay.sink.ids().values()) for relay in relays.values()} == {1}


@pytest.mark.promise("G11", "S85")
async def test_a_mail_whose_answer_was_lost_comes_again_once_with_the_same_id(make_relay):
    relay = await make_relay("hanging up")
    relay.sink.hangs_up = True
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        await relay.register(client, "ada")
    await relay.wait_for(1, RECOVERY_SECONDS)
    relay.sink.hangs_up = False
    await asyncio.sleep(RECOVERY_SECONDS)

    (copies,) = relay.sink.ids().values()
    assert copies == 2


@pytest.mark.promise("G11", "S11")
async def test_a_silent_mail_server_slows_no_registration(make_relay):
    healthy, silent = await make_relay("healthy"), await make_relay("silent")
    silent.proxy.swallow()
    ratios = []
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        for attempt in range(
            ATTEMPTS
        ):  # a busy machine has outliers; a slowed program has nothing else
            times = {healthy: [], silent: []}
            for number in range(PAIRS):
                pair = [healthy, silent] if number % 2 else [silent, healthy]
                for relay in pair:
                    name = f"ada{attempt}-{number}"
                    times[relay].append(await relay.register(client, name))
            ratios.append(p99(times[silent]) / p99(times[healthy]))
            if ratios[-1] <= 1.2:
                break

    assert min(ratios) <= 1.2, ratios


def p99(times):
    return statistics.quantiles(times, n=100)[98]
