import asyncio
import signal

import httpx
import pytest

from customer_api.api.stopping import AnnouncedStop
from customer_api.main import create_app

LIFESPAN = {"type": "lifespan"}


class Announced:
    """A shop behind an announced stop, as a server runs it; `signals` has what reached the server."""

    def __init__(self, shop, signals):
        self.signals = signals
        self._stop = AnnouncedStop(create_app(shop.container), delay_seconds=0.01)
        transport = httpx.ASGITransport(self._stop)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://api.shop.example")

    async def start(self):
        messages = asyncio.Queue()
        await messages.put({"type": "lifespan.startup"})
        await messages.put({"type": "lifespan.shutdown"})
        await self._stop(LIFESPAN, messages.get, _ignore)


async def _ignore(_message):
    pass


@pytest.fixture
def signals():
    """What the server's handler of SIGTERM was called with."""
    received = asyncio.Queue()
    before = signal.signal(signal.SIGTERM, lambda number, _frame: received.put_nowait(number))
    yield received
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
async def announced(open_shop, signals):
    return Announced(await open_shop(), signals)


async def test_a_running_process_is_ready_and_keeps_connections(announced):
    answer = await announced.client.get("/health/live")

    assert answer.status_code == 200
    assert "connection" not in answer.headers


@pytest.mark.promise("S98")
async def test_a_process_that_will_end_says_so_and_answers_all_the_same(announced):
    await announced.start()
    signal.raise_signal(signal.SIGTERM)

    paths = ("/health/ready", "/.well-known/jwks.json")  # the database is closed by now
    ready, keys = [await announced.client.get(path) for path in paths]

    assert (ready.status_code, ready.json()["reason"]) == (503, "stopping")
    assert keys.status_code == 200
    assert {ready.headers["connection"], keys.headers["connection"]} == {"close"}


async def test_the_server_hears_of_the_signal_after_the_delay(announced):
    await announced.start()

    signal.raise_signal(signal.SIGTERM)

    assert announced.signals.empty()
    assert await asyncio.wait_for(announced.signals.get(), 10) == signal.SIGTERM


async def test_more_signals_change_nothing(announced):
    await announced.start()

    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)

    assert announced.signals.empty()
    assert await asyncio.wait_for(announced.signals.get(), 10) == signal.SIGTERM
    assert announced.signals.empty()


async def test_without_a_delay_the_server_keeps_its_handler(shop, signals):
    before = signal.getsignal(signal.SIGTERM)
    stop = AnnouncedStop(_finish, delay_seconds=0)

    await stop(LIFESPAN, _ignore, _ignore)

    assert signal.getsignal(signal.SIGTERM) is before


async def _finish(_scope, _receive, _send):
    pass
