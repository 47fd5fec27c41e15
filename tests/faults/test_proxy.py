import asyncio
import socket

import pytest

from tests.faults.proxy import ChaosProxy


@pytest.fixture
async def echo():
    """The port of a server that answers with what it is sent."""

    async def answer(reader, writer):
        while content := await reader.read(1024):
            writer.write(content)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def proxy(echo):
    with ChaosProxy(echo) as running:
        yield running


@pytest.fixture
async def talk(proxy):
    """Connect through the proxy and return a function that sends and returns the answer."""
    writers = []

    async def connect():
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writers.append(writer)

        async def say(content):
            writer.write(content)
            return await asyncio.wait_for(reader.readexactly(len(content)), 10)

        return say

    yield connect
    for writer in writers:
        writer.close()


async def receive(port):  # pragma: no cover - the loss may be noticed at the connection or later
    """Connect and wait for a byte."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await reader.readexactly(1)
    finally:
        writer.close()


LOST = (asyncio.IncompleteReadError, ConnectionResetError)


async def test_bytes_pass(talk):
    say = await talk()

    assert await say(b"first") == b"first"
    assert await say(b"second") == b"second"


async def test_a_black_hole_swallows_and_gives_back(proxy, talk):
    say = await talk()
    proxy.swallow()

    waiting = asyncio.create_task(say(b"hello"))
    await asyncio.sleep(0.05)
    assert not waiting.done()

    proxy.heal()
    assert await waiting == b"hello"


async def test_latency_delays(proxy, talk):
    say = await talk()
    proxy.delay(0.05)
    started = asyncio.get_running_loop().time()

    await say(b"hello")

    assert asyncio.get_running_loop().time() - started >= 0.1


async def test_a_reset_hits_open_and_new_connections(proxy, talk):
    say = await talk()
    await say(b"hello")
    proxy.reset()

    with pytest.raises(LOST):
        await say(b"hello")
    with pytest.raises(LOST):
        await (await talk())(b"hello")

    proxy.heal()
    assert await (await talk())(b"hello") == b"hello"


async def test_a_cut_leaves_part_of_the_answer(proxy, talk):
    proxy.cut_after(7)
    say = await talk()

    assert await say(b"hello") == b"hello"
    with pytest.raises(LOST):
        await say(b"hello")


async def test_an_end_is_passed_on(proxy):
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write_eof()

    assert await reader.read() == b""

    writer.close()


async def test_nobody_behind_the_proxy_is_a_lost_connection():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with ChaosProxy(reserved.getsockname()[1]) as proxy, pytest.raises(LOST):
            await receive(proxy.port)
