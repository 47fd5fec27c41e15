"""How long the protocol waits for whom; the clock is the test's."""

import logging
import socket

import pytest

from customer_api.server.protocol import DISCARD_UNSENT
from customer_api.server.slow_clients import SUMMED_SECONDS, SlowClients
from tests.server.wire import TIMEOUT_SECONDS, Loop

GET = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD_OF_POST = b"POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n"
JUST_BEFORE = TIMEOUT_SECONDS - 1
TIMED_OUT = (408, "Request Timeout")

pytestmark = pytest.mark.promise("G14", "S76")


async def drip(wire, pieces):
    """Send piece after piece, one a second."""
    for piece in pieces:
        await wire.wait(1)
        await wire.send(piece)


async def test_a_silent_connection_ends_without_a_word(wire):
    await wire.wait(JUST_BEFORE)
    before = wire.ending
    await wire.wait(1)

    assert (before, wire.ending) == ("", "closed")
    assert wire.transport.sent == b""


async def test_blank_lines_begin_no_request(wire):
    await drip(wire, [b"\r\n"] * 8)

    assert wire.ending == "closed"
    assert wire.transport.sent == b""


async def test_a_head_that_drips_ends_in_a_408(wire, app):
    await drip(wire, [bytes([it]) for it in GET[:8]])

    assert wire.refusal() == TIMED_OUT
    assert wire.ending == "half"
    assert app.scopes == []


async def test_a_body_that_drips_ends_in_a_408_and_the_application_hears_of_it(wire, app):
    await wire.send(HEAD_OF_POST)
    await drip(wire, [b"1", b"2", b"3", b"", b"", b"", b"", b""])

    assert wire.refusal() == TIMED_OUT
    assert wire.statuses() == [408]
    assert app.bodies == [b"123"]


async def test_a_refused_client_may_go_on_sending_for_a_moment(wire):
    await wire.send(GET[:8])
    await wire.wait(TIMEOUT_SECONDS)
    await wire.send(GET[8:])
    before = wire.ending
    await wire.wait(1)

    assert (before, wire.ending) == ("half", "aborted")
    assert wire.statuses() == [408]


async def test_a_complete_request_is_never_cut(wire, app):
    app.gate.clear()
    await wire.send(HEAD_OF_POST + b"1234")
    await wire.wait(TIMEOUT_SECONDS * 10)
    app.gate.set()
    await wire.wait(0)

    assert (wire.statuses(), wire.ending) == ([200], "")


async def test_an_incomplete_request_behind_a_complete_one_waits_for_its_answer(wire, app):
    app.gate.clear()
    await wire.send(GET + HEAD_OF_POST)
    await wire.wait(TIMEOUT_SECONDS * 3)
    before = wire.ending
    app.gate.set()
    await wire.wait(0)
    await wire.wait(TIMEOUT_SECONDS)

    assert (before, wire.ending) == ("", "half")
    assert wire.statuses() == [200, 408]


async def test_each_request_has_a_time_of_its_own(wire):
    for _ in range(3):
        await wire.send(GET[:8])
        await wire.wait(JUST_BEFORE)
        await wire.send(GET[8:])

    assert (wire.statuses(), wire.ending) == ([200, 200, 200], "")


async def test_blank_lines_between_requests_keep_no_connection(wire):
    await wire.send(GET)
    await drip(wire, [b"\r\n"] * 9)

    assert (wire.statuses(), wire.ending) == ([200], "closed")


async def test_an_idle_connection_ends_as_before(wire):
    await wire.send(GET)
    await wire.wait(5)  # uvicorn's default

    assert (wire.statuses(), wire.ending) == ([200], "closed")


async def test_the_rest_of_a_refused_body_has_no_more_time_than_the_request(wire, app):
    async def answer_early(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    wire.protocol.app = answer_early
    await wire.send(HEAD_OF_POST)
    await drip(wire, [b"1", b"2", b"3", b"", b"", b"", b"", b""])

    assert (wire.statuses(), wire.ending) == ([413], "closed")


async def test_a_client_that_does_not_read_is_dropped(wire):
    await wire.send(GET)
    wire.transport.unsent_bytes = 100_000
    wire.protocol.pause_writing()
    await wire.wait(JUST_BEFORE)
    before = wire.ending
    await wire.wait(1)

    assert (before, wire.ending) == ("closed", "aborted")  # it was idle, too
    assert wire.transport.options[-1] == (socket.SOL_SOCKET, socket.SO_LINGER, DISCARD_UNSENT)


async def test_a_client_that_reads_little_by_little_is_served(wire, app):
    app.gate.clear()
    await wire.send(GET)
    for _ in range(5):
        wire.transport.unsent_bytes = 100_000
        wire.protocol.pause_writing()
        await wire.wait(JUST_BEFORE)
        wire.transport.unsent_bytes = 10_000
        wire.protocol.resume_writing()
    wire.transport.unsent_bytes = 0
    await wire.wait(TIMEOUT_SECONDS)

    assert wire.ending == ""


async def test_the_last_bytes_of_an_answer_are_watched_too(wire):
    wire.transport.unsent_bytes = 10
    await wire.send(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    before = wire.ending
    await wire.wait(TIMEOUT_SECONDS)

    assert (before, wire.ending) == ("closed", "aborted")


async def test_a_connection_that_is_gone_keeps_no_timer(wire):
    wire.transport.unsent_bytes = 10
    await wire.send(GET, GET[:8])
    wire.protocol.connection_lost(ConnectionResetError())

    assert wire.loop.waiting == []


async def test_a_connection_that_is_gone_before_its_request_keeps_no_timer(wire):
    wire.protocol.connection_lost(ConnectionResetError())

    assert wire.loop.waiting == []


async def test_a_slow_client_is_a_security_event(wire, caplog):
    caplog.set_level(logging.INFO)
    await wire.wait(TIMEOUT_SECONDS + SUMMED_SECONDS)

    (line,) = [it for it in caplog.records if it.message == "slow_client_closed"]
    assert (line.levelname, line.connections) == ("WARNING", 1)


async def test_many_slow_clients_make_few_lines(caplog):
    caplog.set_level(logging.INFO)
    loop, slow_clients = Loop(), SlowClients()
    for count in (3, 2):
        for _ in range(count):
            slow_clients.ended(loop)
        loop.advance(SUMMED_SECONDS)

    lines = [it for it in caplog.records if it.message == "slow_client_closed"]
    assert [line.connections for line in lines] == [3, 2]
