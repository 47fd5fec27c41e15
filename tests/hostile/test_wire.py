"""The same, on the wire: what a real server process makes of bytes, sizes and slow clients."""

import json
import socket
import time
from pathlib import Path

import httpx
import pytest

from customer_api.api.headers import SECURITY_HEADERS
from tests.blackbox.server import start_server
from tests.hostile.wire import HOSTS, LAST, NO_HTTP, SMUGGLING, TOO_LARGE, exchange

MEBIBYTE = 1024 * 1024
UPLOAD = 20 * MEBIBYTE
PIECE = b" " * 65536
DEADLINE_SECONDS = 30

promise = pytest.mark.promise
rule = pytest.mark.contract


@pytest.fixture(autouse=True)
def alive(server):
    yield
    assert httpx.get(f"{server.url}/health/live", trust_env=False).status_code == 200
    assert server.process.poll() is None
    assert "unexpected_error" not in server.log.read_text("utf-8")


def check(head, body, status):
    """Check an answer that the protocol made itself."""
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    assert headers["content-type"] == "application/vnd.api+json"
    assert headers["connection"] == "close"
    assert headers["content-language"] == "en_US"
    assert {name: headers[name.lower()] for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "server" not in headers
    (error,) = json.loads(body)["errors"]
    assert error["status"] == status


@rule("wire-1")
@promise("G1", "S66", "S77", "S123")
@pytest.mark.parametrize("request_bytes", (SMUGGLING | NO_HTTP).values(), ids=(SMUGGLING | NO_HTTP))
def test_what_is_no_http_is_400_and_ends_the_connection(server, request_bytes):
    status, head, body = exchange(server.url, request_bytes)

    assert status == 400
    check(head, body, 400)


@rule("wire-2")
@promise("G1", "S123")
@pytest.mark.parametrize(("request_bytes", "expected"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_head_that_is_too_large_is_refused(server, request_bytes, expected):
    status, head, body = exchange(server.url, request_bytes)

    assert status == expected
    check(head, body, expected)


@promise("G1", "S78")
@pytest.mark.parametrize("fields", HOSTS.values(), ids=HOSTS)
def test_other_hosts_than_ours_are_400(server, fields):
    request = b"GET /v1/stores HTTP/1.1\r\n%bConnection: close\r\n\r\n" % fields

    status, head, body = exchange(server.url, request)

    assert status == 400
    assert b"evil" not in head + body


@promise("S77")
@pytest.mark.parametrize(("request_bytes", "expected"), LAST.values(), ids=LAST)
def test_nothing_is_read_behind_the_last_request(server, request_bytes, expected):
    status, _, body = exchange(server.url, request_bytes)

    assert status == expected
    assert body.count(b"HTTP/1.1") == 0


def memory_bytes(process_id):
    """Return the largest memory that a process ever used; 0 where the system does not tell."""
    path = Path(f"/proc/{process_id}/status")
    lines = path.read_text().splitlines() if path.exists() else []
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def announced():
    return {"Content-Length": str(UPLOAD)}, iter([PIECE] * (UPLOAD // len(PIECE)))


def chunked():
    return {}, iter([PIECE] * (UPLOAD // len(PIECE)))


@promise("G1", "S71")
@pytest.mark.parametrize("path", ["/v1/customers", "/v1/access-tokens", "/token"])
@pytest.mark.parametrize("make", [announced, chunked])
def test_a_body_of_20_mb_is_413_and_is_not_kept(server, path, make):
    headers, content = make()
    before = memory_bytes(server.process.pid)

    answer = httpx.post(server.url + path, headers=headers, content=content, trust_env=False)

    assert answer.status_code == 413
    assert "errors" in answer.json() or "error" in answer.json()
    assert memory_bytes(server.process.pid) - before < UPLOAD / 4


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """A server that waits half a second for slow clients, instead of eight."""
    environment = {"CUSTOMER_API_RECEIVE_TIMEOUT_SECONDS": "0.5"}
    with start_server(tmp_path_factory.mktemp("hasty"), environment) as running:
        yield running


def connect(server):
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=DEADLINE_SECONDS)


@rule("wire-3")
@promise("G14", "S76", "S123")
@pytest.mark.parametrize(
    ("begun", "status_line"),
    [
        (b"", b""),
        (b"\r\n", b""),
        (b"POST /v1/cus", b"HTTP/1.1 408 Request Timeout\r\n"),
        (
            b"POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{",
            b"HTTP/1.1 408 Request Timeout\r\n",
        ),
    ],
    ids=["silent", "blank", "head", "body"],
)
def test_a_slow_client_is_told_and_the_connection_ends(hasty, begun, status_line):
    with connect(hasty) as connection:
        connection.sendall(begun)
        answer = connection.makefile("rb").read()

    assert answer.partition(b"\r\n")[0] == status_line.rstrip()


@promise("G14", "S76")
def test_a_client_that_does_not_read_is_dropped(hasty):
    request = b"GET /docs/assets/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with connect(hasty) as connection:
        connection.sendall(request * 20)
        # Without reading: that would show it, too, and be the opposite of what is tried here.
        wait_for(lambda: connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

    wait_for(lambda: "slow_client_closed" in hasty.log.read_text("utf-8"))
    assert httpx.get(f"{hasty.url}/health/live", trust_env=False).status_code == 200


def wait_for(condition):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
