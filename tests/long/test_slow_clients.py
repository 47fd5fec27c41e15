"""500 slow clients against a real server: they are ended in time, and nobody else notices."""

import asyncio
import socket
import statistics
import time
from contextlib import suppress

import httpx
import pytest

from tests.blackbox.server import start_server
from tests.shop import PASSWORD, registration

SOCKETS = 500
ENDED_WITHIN_SECONDS = 10
P95_SECONDS = 1
BUDGET_SECONDS = 60
SMALL_BUFFER_BYTES = 4096

GET = b"GET /v1/stores HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
POST = b"POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"
LARGE = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20

pytestmark = [pytest.mark.long, pytest.mark.promise("G14", "S76")]


async def silent(loop, connection):
    """Send nothing, and wait for the end."""
    while await loop.sock_recv(connection, 65536):
        pass


def dripping(begun):
    """Make a client that sends a byte a second after what it has begun with."""

    async def drip(loop, connection):
        await loop.sock_sendall(connection, begun)
        listening = asyncio.create_task(silent(loop, connection))
        while not listening.done():
            await asyncio.wait([listening], timeout=1)
            await loop.sock_sendall(connection, b"a")

    return drip


async def reading_slowly(loop, connection):
    """Ask for much, and read ten bytes a second; what has arrived outlives the connection."""
    await loop.sock_sendall(connection, LARGE)
    while not connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
        await loop.sock_recv(connection, 1)
        await asyncio.sleep(0.1)


KINDS = {
    "silent": silent,
    "dripping a head": dripping(GET),
    "dripping a body": dripping(POST),
    "reading slowly": reading_slowly,
}


async def lifetime(address, act):
    """Open a connection, be slow, and return how long the server bore it."""
    loop = asyncio.get_running_loop()
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER_BYTES)
        connection.setblocking(False)  # noqa: FBT003 - the method's own form
        started = time.monotonic()
        await loop.sock_connect(connection, address)
        with suppress(ConnectionError):  # reset: ended as well
            await act(loop, connection)
        return time.monotonic() - started


async def latencies(url, stop):
    """Use the shop as its customers do until told to stop; return how long each request took."""
    taken = []
    async with httpx.AsyncClient(base_url=f"{url}/v1", timeout=60, trust_env=False) as client:
        number = 0
        while not stop.is_set():
            number += 1
            email = f"legitimate{number}@shop.example"
            documents = {
                "customers": registration(email=email),
                "access-tokens": {"username": email, "password": PASSWORD},
            }
            for resource_type, attributes in documents.items():
                body = {"data": {"type": resource_type, "attributes": attributes}}
                started = time.monotonic()
                answer = await client.post(f"/{resource_type}", json=body)
                taken.append(time.monotonic() - started)
                assert answer.status_code == 201
            await asyncio.sleep(0.05)
    return taken


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
async def test_slow_clients_end_in_time_and_stop_nobody(tmp_path, kind, workers):
    environment = {"CUSTOMER_API_DOUBLE_OPT_IN": "false", "CUSTOMER_API_RATE_LIMITS": "off"}
    act = KINDS[kind]
    with start_server(tmp_path, environment, workers=workers) as server:
        host, port = server.url.removeprefix("http://").split(":")
        stop = asyncio.Event()
        legitimate = asyncio.create_task(latencies(server.url, stop))
        async with asyncio.timeout(BUDGET_SECONDS):
            lifetimes = await asyncio.gather(
                *(lifetime((host, int(port)), act) for _ in range(SOCKETS))
            )
            stop.set()
            taken = await legitimate

    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{kind}, {workers} workers: longest {max(lifetimes):.2f} s, p95 {p95:.3f} s")  # noqa: T201 - a measurement
    assert max(lifetimes) <= ENDED_WITHIN_SECONDS
    assert p95 < P95_SECONDS
