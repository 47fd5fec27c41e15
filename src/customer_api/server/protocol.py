"""HTTP/1.1 below the application: deadlines for slow clients, bounds, and no two readings.

uvicorn waits for ever for a request that comes drop by drop, and for a client that does not read
its answer; its parser takes heads of any size, and some requests that two programs in a row would
read differently. All of that ends here, in the form of all other errors.
"""

import re
import socket
import struct
from asyncio import BaseTransport, TimerHandle
from collections.abc import Mapping
from typing import Any, Final

from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from customer_api.server.answers import closing_answer
from customer_api.server.slow_clients import SlowClients

TARGET_LIMIT_BYTES: Final = 8 * 1024
HEAD_LIMIT_BYTES: Final = 32 * 1024
"""Most bytes of all header fields together, and of whatever else the parser keeps unreported."""
HEADER_LIMIT: Final = 100
LINGER_SECONDS: Final = 1.0
"""How long a refused client may go on sending; ending at once could lose the answer on its way."""

SEND_BUFFER_BYTES: Final = 128 * 1024
"""For SO_SNDBUF: else the system takes megabytes of answers for each client that does not read."""
DISCARD_UNSENT: Final = struct.pack("ii", 1, 0)
"""For SO_LINGER: else the system goes on for minutes to offer them what they do not read."""

_VERSIONS: Final = frozenset({"1.0", "1.1"})
_ABSOLUTE: Final = re.compile(rb"https?://([^/?#@]+)[/?][^#]*", re.IGNORECASE)
_LINE_END: Final = 4  # bytes around a field: colon, blank, CR, LF


class RequestRefused(Exception):
    """Raised in a callback of the parser, which then fails as it does for what is no HTTP."""


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with bounds.

    A request must be here, from its first byte to its last, within the time-out; the first one of
    a connection within the time-out from its opening. Then the client gets a 408, or nothing when
    it has begun nothing. A request that is complete is never cut. An answer must leave the write
    buffer as fast: it may not stay above its mark, or unfinished, for longer without progress.

    Args:
        arguments: uvicorn's.
        timeout_seconds: for both.
        headers: what every answer carries.
        slow_clients: told of each connection that ends so.
        options: uvicorn's.
    """

    def __init__(
        self,
        *arguments: Any,  # noqa: ANN401 - handed on
        timeout_seconds: float,
        headers: Mapping[str, str],
        slow_clients: SlowClients,
        **options: Any,  # noqa: ANN401 - handed on
    ) -> None:
        super().__init__(*arguments, **options)
        self._timeout_seconds = timeout_seconds
        self._fixed_headers = headers
        self._slow_clients = slow_clients
        self._deadline: TimerHandle | None = None
        self._write_deadline: TimerHandle | None = None
        self._written_at = 0.0
        # Of the request that arrives; from the end of its head to its own end `cycle` is its own.
        self._is_receiving = False
        self._has_head = False
        self._head_bytes = 0
        self._header_count = 0
        self._unreported_bytes = 0
        self._refusal = 400
        # Of a connection that ends: what arrives is dropped; a refusal waits for earlier answers.
        self._is_deaf = False
        self._owed_refusal: int | None = None

    @override
    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # it is a socket's
        self._set_option(socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        self._arm(self._timeout_seconds)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._disarm()
        if self._write_deadline is not None:
            self._write_deadline.cancel()

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        self._unreported_bytes += len(data)
        super().data_received(data)
        self._bound()

    # Callbacks of the parser. What they raise reaches `send_400_response`.

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_receiving, self._has_head = True, False
        self._head_bytes = self._header_count = self._unreported_bytes = 0

    @override
    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._unreported_bytes = 0
        if len(self.url) > TARGET_LIMIT_BYTES:
            self._fail(414)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        self._unreported_bytes = 0
        self._head_bytes += len(name) + len(value) + _LINE_END
        self._header_count += 1
        if self._head_bytes > HEAD_LIMIT_BYTES or self._header_count > HEADER_LIMIT:
            self._fail(431)
        if not self._has_head:  # else a trailer, which must not pass for a header (RFC 9110, 6.5.1)
            super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        if not self._has_one_reading():
            self._fail(400)
        super().on_headers_complete()
        self._has_head = True
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # the parser has lost the place where the next begins

    @override
    def on_body(self, body: bytes) -> None:
        self._unreported_bytes = 0
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_receiving = self._has_head = False
        self._disarm()
        self._is_deaf = self.parser.should_upgrade()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal)

    # Answers

    @override
    def on_response_complete(self) -> None:
        has_next = bool(self.pipeline)
        super().on_response_complete()
        self._watch_writing()
        if self._owed_refusal is not None and not has_next:
            self._end(self._owed_refusal)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_writing()

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        self._watch_writing()

    def _watch_writing(self) -> None:
        """Note progress, and look again later whether there was more."""
        self._written_at = self.loop.time()
        if self._write_deadline is None and self.transport.get_write_buffer_size() > 0:
            self._write_deadline = self.loop.call_later(
                self._timeout_seconds, self._on_write_deadline
            )

    def _on_write_deadline(self) -> None:
        self._write_deadline = None
        if self.transport.get_write_buffer_size() == 0:
            return
        left = self._written_at + self._timeout_seconds - self.loop.time()
        if left > 0:
            self._write_deadline = self.loop.call_later(left, self._on_write_deadline)
        else:
            self._slow_clients.ended(self.loop)
            self._set_option(socket.SO_LINGER, DISCARD_UNSENT)
            self.transport.abort()

    def _set_option(self, option: int, value: int | bytes) -> None:
        connection: socket.socket = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, option, value)

    # Requests

    def _bound(self) -> None:
        """Bound what is incomplete after all that has arrived was read: in size, then in time."""
        if self._is_deaf:
            return
        if self._unreported_bytes > HEAD_LIMIT_BYTES:
            self._refuse(400 if self._has_head else 431)
        elif self._deadline is None and (self._is_receiving or not self._owes_answers()):
            self._arm(self._timeout_seconds)

    def _has_one_reading(self) -> bool:
        """Whether every program takes the head for the same request.

        Refused are: a version that is not ours, a fragment, another host in the target than in
        `Host`, and a coding of the body that is not plain `chunked`.
        """
        fields = [(name.lower(), value.strip().lower()) for name, value in self.headers]
        codings = [value for name, value in fields if name == b"transfer-encoding"]
        target = self.url.lower()
        if not target.startswith((b"/", b"*")):
            match = _ABSOLUTE.fullmatch(target)
            if match is None or [match[1]] != [value for name, value in fields if name == b"host"]:
                return False
        return (
            self.parser.get_http_version() in _VERSIONS
            and b"#" not in target
            and codings in ([], [b"chunked"])
        )

    def _owes_answers(self) -> bool:
        """Whether complete requests have no complete answer yet."""
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]  # None before the first
            return False
        if self._has_head:  # the cycle is that of the incomplete one
            return bool(self.pipeline)
        return True

    def _fail(self, status: int) -> None:
        self._refusal = status
        raise RequestRefused

    def _refuse(self, status: int) -> None:
        """Take nothing more from this client, and end the connection after what is owed to it."""
        self._is_deaf = True
        self._disarm()
        if not self._owes_answers():
            self._end(status)
            return
        self._owed_refusal = status
        if self._has_head:
            self.pipeline.popleft()  # the broken request itself, which waits behind the others

    def _end(self, status: int) -> None:
        """Answer, unless an answer has begun, and end the connection."""
        if self.transport.is_closing():
            return
        if self._has_head:
            if self.cycle.response_started:
                self.transport.close()
                return
            self.cycle.disconnected = True  # nobody listens to the application any more
            self.cycle.message_event.set()
        headers, body = closing_answer(status, self._fixed_headers)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[status] + lines.encode("ascii") + b"\r\n" + body)
        self.transport.write_eof()
        self._arm(LINGER_SECONDS)

    def _arm(self, seconds: float) -> None:
        self._deadline = self.loop.call_later(seconds, self._on_deadline)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_deadline(self) -> None:
        self._deadline = None
        if self._is_deaf:
            self.transport.abort()
        elif self._owes_answers():
            self._arm(self._timeout_seconds)
        else:
            self._slow_clients.ended(self.loop)
            self._is_deaf = True
            if self._is_receiving:
                self._end(408)
            else:
                self.transport.close()
