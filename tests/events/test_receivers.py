"""Sending over HTTP, to a receiver that answers whatever it is told to."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from customer_api.events.errors import NotTaken, ReceiverUrlInvalid
from customer_api.events.receivers import HttpReceivers, check_url

PLAIN = ("localhost", "127.0.0.1")
BODY = b'{"id":"1"}'


class Receiver:
    """A server on a loopback port; `answer` is what it sends, None for nothing."""

    def __init__(self, answer):
        self.answer = answer
        self.requests = []
        self._talks = []

    @asynccontextmanager
    async def listening(self):
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}/events"
            await asyncio.gather(*self._talks)

    async def _talk(self, reader, writer):
        self._talks.append(asyncio.current_task())
        with suppress(ConnectionError):  # of a sender that has read enough
            self.requests.append(await reader.readuntil(BODY))
            if self.answer is None:
                await reader.read()
            else:
                writer.write(self.answer)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def sending(timeout_seconds=5):
    receivers = HttpReceivers(timeout_seconds=timeout_seconds)
    yield receivers
    await receivers.close()


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_an_answer_of_the_class_2xx_says_that_it_was_taken(status):
    receiver = Receiver(f"HTTP/1.1 {status} Yes\r\ncontent-length: 0\r\n\r\n".encode())

    async with receiver.listening() as url, sending() as receivers:
        for _ in range(2):
            await receivers.send(url, BODY, {"webhook-id": "1"})

    request, second = receiver.requests
    assert second == request
    assert request.startswith(b"POST /events HTTP/1.1\r\n")
    assert b"webhook-id: 1\r\n" in request
    assert b"user-agent: customer-api\r\n" in request
    assert request.endswith(BODY)


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 429, 500, 503])
async def test_any_other_answer_says_that_it_was_not(status):
    """Redirects are not followed: they could lead anywhere."""
    head = f"HTTP/1.1 {status} No\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n"
    receiver = Receiver(head.encode())

    async with receiver.listening() as url, sending() as receivers:
        with pytest.raises(NotTaken) as refused:
            await receivers.send(url, BODY, {})

    assert refused.value.code == f"status_{status}"
    assert len(receiver.requests) == 1


async def test_what_a_receiver_says_beside_its_status_is_not_read():
    """It may be endless."""
    receiver = Receiver(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n" + b"x" * 10_000)

    async with receiver.listening() as url, sending() as receivers:
        await receivers.send(url, BODY, {})

    assert len(receiver.requests) == 1


async def test_no_answer_in_time_is_a_failure():
    async with Receiver(None).listening() as url, sending(timeout_seconds=0.1) as receivers:
        with pytest.raises(NotTaken) as refused:
            await receivers.send(url, BODY, {})

    assert refused.value.code == "timeout"


@pytest.mark.parametrize("answer", [b"", b"SMTP ready\r\n\r\n"])
async def test_an_answer_that_is_no_http_is_a_failure(answer):
    async with Receiver(answer).listening() as url, sending() as receivers:
        with pytest.raises(NotTaken) as refused:
            await receivers.send(url, BODY, {})

    assert refused.value.code == "unreachable"


async def test_nobody_who_listens_is_a_failure(unused_port):
    async with sending() as receivers:
        with pytest.raises(NotTaken) as refused:
            await receivers.send(f"http://127.0.0.1:{unused_port}/", BODY, {})

    assert refused.value.code == "unreachable"


@pytest.mark.parametrize("host", ["xn--zzzzzz.example", "xn--", "a" * 64])
async def test_a_host_whose_name_is_none_is_a_failure(host):
    async with sending() as receivers:
        with pytest.raises(NotTaken) as refused:
            await receivers.send(f"https://{host}/events", BODY, {})

    assert refused.value.code == "unreachable"


async def test_without_a_receiver_there_is_nothing_to_close():
    await HttpReceivers(timeout_seconds=1).close()


@pytest.mark.parametrize(
    "url",
    [
        "https://carts.shop.example/events",
        "https://carts.shop.example:8443/events?for=us",
        "https://[2001:db8::1]/",
        "http://localhost:8080/events",
        "http://127.0.0.1/",
    ],
)
def test_addresses_that_can_be_sent_to(url):
    check_url(url, plain_hosts=PLAIN)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "carts.shop.example",
        "/events",
        "http://carts.shop.example/",
        "ftp://localhost/",
        "https://",
        "https:///events",
        "https://name:secret@carts.shop.example/",
        "https://name@carts.shop.example/",
        "https://carts.shop.example/#part",
        "https://carts.shop.example:port/",
        "https://carts.shop.example:99999/",
        "https://carts.shop.example/a b",
        "https://carts.shop.example/\nHost: evil",
        "https://bücher.example/",
        "https://[::1/",
    ],
)
def test_addresses_that_cannot(url):
    with pytest.raises(ReceiverUrlInvalid):
        check_url(url, plain_hosts=PLAIN)
