"""Requests as bytes on the wire, before anybody has parsed them: data, and a client for them."""

import socket
from typing import Final

TIMEOUT_SECONDS: Final = 30

_GET: Final = b"GET /v1/stores HTTP/1.1\r\nHost: localhost\r\n"
_POST: Final = b"POST /v1/customers HTTP/1.1\r\nHost: localhost\r\n"
_CHUNKED: Final = _POST + b"Transfer-Encoding: chunked\r\n\r\n"
_SMUGGLED: Final = b"GET /v1/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _get(target: bytes, fields: bytes = b"Host: localhost\r\n") -> bytes:
    return b"GET %b HTTP/1.1\r\n%b\r\n" % (target, fields)


SMUGGLING: Final[dict[str, bytes]] = {
    "length and chunks": _POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": _POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": _POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nab",
    "two equal lengths": _POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "list of lengths": _POST + b"Content-Length: 2, 2\r\n\r\nab",
    "length with a sign": _POST + b"Content-Length: +2\r\n\r\nab",
    "negative length": _POST + b"Content-Length: -2\r\n\r\nab",
    "hexadecimal length": _POST + b"Content-Length: 0x2\r\n\r\nab",
    "no length": _POST + b"Content-Length: \r\n\r\nab",
    "huge length": _POST + b"Content-Length: 99999999999999999999999999\r\n\r\nab",
    "length with a blank": _POST + b"Content-Length : 2\r\n\r\nab",
    "chunked, identity": _POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "identity": _POST + b"Transfer-Encoding: identity\r\n\r\nab",
    "gzip, chunked": _POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "xchunked": _POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": _POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
    "chunked and identity": _POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "chunked behind a control": _POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked before a blank": _POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "chunked in 1.0": _CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + b"0\r\n\r\n",
    "folded field": _GET + b"X: a\r\n b\r\n\r\n",
    "folded coding": _POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "folded first field": b"GET /v1/stores HTTP/1.1\r\n X: a\r\nHost: localhost\r\n\r\n",
    "bare LF": b"GET /v1/stores HTTP/1.1\nHost: localhost\n\n",
    "bare LF behind a field": b"GET /v1/stores HTTP/1.1\r\nHost: localhost\n\r\n",
    "bare CR in a field": b"GET /v1/stores HTTP/1.1\r\nHost: localhost\rX: a\r\n\r\n",
    "bare LF in chunks": _CHUNKED + b"0\n\n",
    "no size of a chunk": _CHUNKED + b"zz\r\n\r\n",
    "negative size": _CHUNKED + b"-1\r\n\r\n",
    "huge size": _CHUNKED + b"fffffffffffffffff\r\n\r\n",
    "chunk longer than its size": _CHUNKED + b"2\r\nabXX0\r\n\r\n",
    "NUL in a field": _GET + b"X: a\x00b\r\n\r\n",
    "blank in a name": _GET + b"X y: a\r\n\r\n",
    "no colon": _GET + b"Xy\r\n\r\n",
    "no name": _GET + b": a\r\n\r\n",
}
"""What two programs in a row may read as different requests: 400, and the connection ends."""

NO_HTTP: Final[dict[str, bytes]] = {
    "letters": b"FOO BAR\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64) + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version 2.0": b"GET /v1/stores HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "version 0.9": b"GET /v1/stores\r\n\r\n",
    "version 1.2": b"GET /v1/stores HTTP/1.2\r\nHost: localhost\r\n\r\n",
    "small method": b"get /v1/stores HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "CONNECT": b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "NUL in the path": _get(b"/v1/sto\x00res"),
    "blank in the path": _get(b"/v1/sto res"),
    "umlaut in the path": _get(b"/v1/st\xc3\xb6res"),
    "fragment": _get(b"/v1/stores#a"),
    "no slash": _get(b"v1/stores"),
    "query alone": _get(b"?a"),
    "another host in the target": _get(b"http://evil.example/v1/stores"),
    "user in the target": _get(b"http://evil.example@localhost/v1/stores"),
    "another scheme": _get(b"ftp://localhost/v1/stores"),
    "nothing behind the scheme": _get(b"http://"),
}
"""No HTTP of ours, or a target that is none: 400, and the connection ends."""

TOO_LARGE: Final[dict[str, tuple[bytes, int]]] = {
    "target": (_get(b"/v1/" + b"a" * 100_000), 414),
    "query": (_get(b"/v1/stores?" + b"a" * 10_000), 414),
    "field": (_get(b"/v1/stores", b"X: " + b"a" * 300_000 + b"\r\n"), 431),
    "name": (_get(b"/v1/stores", b"X" * 300_000 + b": a\r\n"), 431),
    "fields": (_get(b"/v1/stores", b"X: a\r\n" * 5_000), 431),
}
"""Heads beyond the bounds, with their status; the connection ends."""

HOSTS: Final[dict[str, bytes]] = {
    "two": b"Host: localhost\r\nHost: localhost\r\n",
    "two different": b"Host: localhost\r\nHost: evil.example\r\n",
    "none": b"",
    "empty": b"Host:\r\n",
    "evil": b"Host: evil.example\r\n",
    "with a path": b"Host: evil.example/x?y#\r\n",
    "good with a path": b"Host: localhost/x?y#\r\n",
    "with a user": b"Host: localhost@evil.example\r\n",
    "list": b"Host: localhost, evil.example\r\n",
    "port": b"Host: localhost:99999\r\n",
}
"""Fields that name no host of ours, or several: 400."""

LAST: Final[dict[str, tuple[bytes, int]]] = {
    "upgrade": (_GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + _SMUGGLED, 200),
    "behind the last": (_GET + b"Connection: close\r\n\r\n" + _SMUGGLED, 200),
    "no 100 Continue": (
        b"POST /v1/nothing HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        b"Content-Length: 61\r\n\r\n",
        404,
    ),
}
"""Requests with one answer, after which the connection ends whatever stands behind them."""


def exchange(url: str, request: bytes) -> tuple[int, bytes, bytes]:
    """Send bytes and read until the server ends the connection; return status, head and body.

    A connection that stays open ends in a time-out, which fails the test.
    """
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=TIMEOUT_SECONDS) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), head, body
