"""A connection without a socket: the protocol between a clock and a transport that tests move."""

import asyncio
import json
import socket
from dataclasses import dataclass, field

from uvicorn import Config
from uvicorn.server import ServerState

from customer_api.server.protocol import BoundedProtocol
from customer_api.server.slow_clients import SlowClients

TIMEOUT_SECONDS = 8.0
HEADERS = {"X-Content-Type-Options": "nosniff"}


@dataclass(eq=False)
class Timer:
    """What `call_later` returns."""

    at: float
    call: object
    is_cancelled: bool = False

    def cancel(self):
        self.is_cancelled = True


class Loop:
    """The part of an event loop that the protocol uses, with a clock that tests move."""

    def __init__(self):
        self._now = 0.0
        self._timers = []

    def time(self):
        return self._now

    def call_later(self, seconds, call, *arguments):
        self._timers.append(timer := Timer(self._now + seconds, lambda: call(*arguments)))
        return timer

    def create_task(self, coroutine, **_options):
        return asyncio.get_running_loop().create_task(coroutine)

    @property
    def waiting(self):
        """The timers that will fire, the next one first."""
        return sorted((it for it in self._timers if not it.is_cancelled), key=lambda it: it.at)

    def advance(self, seconds):
        """Move the clock, and fire what is due on the way, in order."""
        end = self._now + seconds
        while self.waiting and self.waiting[0].at <= end:
            timer = self.waiting[0]
            self._timers.remove(timer)
            self._now = timer.at
            timer.call()
        self._now = end


@dataclass
class Transport:
    """Takes what the protocol sends."""

    sent: bytes = b""
    unsent_bytes: int = 0
    """What the client has not taken in yet."""
    ending: str = ""
    """How the protocol ended the connection; empty when it did not."""
    options: list = field(default_factory=list)
    """What was set on the socket."""

    def write(self, content):
        self.sent += content

    def write_eof(self):
        self.ending = "half"

    def close(self):
        self.ending = "closed"

    def abort(self):
        self.ending = "aborted"

    def is_closing(self):
        return self.ending in {"closed", "aborted"}

    def get_write_buffer_size(self):
        return self.unsent_bytes

    def get_extra_info(self, name):
        return self if name == "socket" else None

    def setsockopt(self, *option):
        self.options.append(option)

    def getsockname(self):
        return ("127.0.0.1", 80)

    def getpeername(self):
        return ("192.0.2.1", 4321)

    family = socket.AF_INET

    def pause_reading(self):
        pass

    def resume_reading(self):
        pass


class Application:
    """Answers each request with its target and body once `gate` is open; keeps what it saw."""

    def __init__(self):
        self.gate = asyncio.Event()
        self.gate.set()
        self.scopes = []
        self.bodies = []

    async def __call__(self, scope, receive, send):
        self.scopes.append(scope)
        body, has_more = b"", True
        while has_more:
            message = await receive()
            body += message.get("body", b"")
            has_more = message.get("more_body", False)
        await self.gate.wait()
        self.bodies.append(body)
        content = scope["path"].encode()
        headers = [(b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


class Wire:
    """A client's end of one connection to the protocol."""

    def __init__(self, app):
        self.app = app
        self.loop = Loop()
        self.transport = Transport()
        config = Config(app, log_config=None, ws="none", lifespan="off")
        config.load()
        self.protocol = BoundedProtocol(
            config,
            ServerState(),
            {},
            _loop=self.loop,
            timeout_seconds=TIMEOUT_SECONDS,
            headers=HEADERS,
            slow_clients=SlowClients(),
        )
        self.protocol.connection_made(self.transport)

    async def send(self, *pieces):
        """Let bytes arrive, each piece at once, and let the application do what it can."""
        for piece in pieces:
            self.protocol.data_received(piece)
            await settle()

    async def wait(self, seconds):
        """Let time pass."""
        self.loop.advance(seconds)
        await settle()

    @property
    def ending(self):
        return self.transport.ending

    def statuses(self):
        """Return the status of each answer so far, in order."""
        return [int(it.split(b" ")[0]) for it in self.transport.sent.split(b"HTTP/1.1 ")[1:]]

    def refusal(self):
        """Return the one error of the last answer, after a look at its head."""
        head, _, body = self.transport.sent.rpartition(b"HTTP/1.1 ")[2].partition(b"\r\n\r\n")
        status_line, *lines = head.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        assert fields == {
            "X-Content-Type-Options": "nosniff",
            "Content-Type": "application/vnd.api+json",
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        (error,) = json.loads(body)["errors"]
        assert status_line.startswith(str(error["status"]))
        return error["status"], error["detail"]


async def settle():
    """Let tasks run until none of them can go on."""
    for _ in range(10):
        await asyncio.sleep(0)
