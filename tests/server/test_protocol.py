"""What the protocol refuses itself, and how; and that nothing is read in two ways."""

import pytest

from customer_api.server.protocol import HEAD_LIMIT_BYTES, HEADER_LIMIT, TARGET_LIMIT_BYTES

GET = b"GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /b HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
BAD_REQUEST = (400, "Bad Request")
TOO_LARGE = (431, "Request Header Fields Too Large")


async def test_what_is_no_http_is_refused_in_the_form_of_all_errors(wire, app):
    await wire.send(b"FOO BAR\r\n\r\n")

    assert (wire.refusal(), wire.ending, app.scopes) == (BAD_REQUEST, "half", [])


async def test_after_a_refusal_nothing_is_read(wire, app):
    await wire.send(b"FOO BAR\r\n\r\n", GET)

    assert (wire.statuses(), app.scopes) == ([400], [])


async def test_what_follows_a_good_request_does_not_take_its_answer(wire, app):
    app.gate.clear()
    await wire.send(GET + b"FOO BAR\r\n\r\n")
    before = wire.transport.sent
    app.gate.set()
    await wire.send()
    await wire.wait(0)

    assert before == b""
    assert (wire.statuses(), wire.ending) == ([200, 400], "half")


async def test_a_broken_body_behind_others_is_answered_last_and_never_served(wire, app):
    app.gate.clear()
    await wire.send(GET + GET + CHUNKED + b"no size\r\n")
    app.gate.set()
    await wire.wait(0)
    await wire.wait(0)

    assert (wire.statuses(), wire.ending) == ([200, 200, 400], "half")
    assert [scope["path"] for scope in app.scopes] == ["/a", "/a"]


async def test_a_broken_request_behind_the_last_one_of_a_connection_gets_nothing(wire, app):
    app.gate.clear()
    closing = GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    wire.protocol.data_received(closing)
    wire.protocol.send_400_response("whatever")
    app.gate.set()
    await wire.wait(0)

    assert (wire.statuses(), wire.ending) == ([200], "closed")


async def test_a_body_that_breaks_is_refused_once_and_the_application_hears_of_it(wire, app):
    await wire.send(CHUNKED + b"2\r\nab\r\n", b"no size\r\n")

    assert (wire.statuses(), wire.ending) == ([400], "half")
    assert app.bodies == [b"ab"]


async def test_a_target_of_the_limit_is_served(wire, app):
    await wire.send(
        b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % (b"a" * (TARGET_LIMIT_BYTES - 1))
    )

    assert wire.statuses() == [200]


async def test_a_longer_one_is_refused_before_it_is_complete(wire):
    await wire.send(b"GET /%b" % (b"a" * TARGET_LIMIT_BYTES))

    assert wire.refusal() == (414, "URI Too Long")


async def test_a_head_of_the_limits_is_served(wire):
    many = b"".join(b"X-%d: a\r\n" % number for number in range(HEADER_LIMIT - 2))
    large = b"Y: %b\r\n" % (b"a" * (HEAD_LIMIT_BYTES - 2_000))

    await wire.send(GET[:-2] + many + large + b"\r\n")

    assert wire.statuses() == [200]


@pytest.mark.parametrize(
    "fields",
    [
        b"X: a\r\n" * HEADER_LIMIT,
        b"X: %b\r\n" % (b"a" * HEAD_LIMIT_BYTES),
        (b"X: %b\r\n" % (b"a" * 1_000)) * 40,
    ],
    ids=["many", "long", "together"],
)
async def test_a_larger_head_is_refused(wire, app, fields):
    await wire.send(GET[:-2] + fields + b"\r\n")

    assert (wire.refusal(), app.scopes) == (TOO_LARGE, [])


async def test_a_field_that_never_ends_is_not_kept(wire):
    await wire.send(GET[:-2] + b"X: ", *[b"a" * 10_000] * 4)

    assert wire.refusal() == TOO_LARGE


async def test_framing_that_never_ends_is_not_kept_either(wire):
    await wire.send(CHUNKED + b"1;", *[b"a" * 10_000] * 4)

    assert wire.refusal() == BAD_REQUEST


async def test_trailers_are_bounded_and_are_no_headers(wire, app):
    await wire.send(CHUNKED + b"0\r\nAuthorization: Bearer x\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
    served = wire.statuses()
    await wire.send(CHUNKED + b"0\r\n" + b"X: a\r\n" * HEADER_LIMIT)

    names = [name for name, _ in app.scopes[0]["headers"]]
    assert (served, wire.statuses()) == ([200], [200, 431])
    assert names == [b"host", b"transfer-encoding"]


@pytest.mark.promise("S78")
@pytest.mark.parametrize(
    ("target", "statuses"),
    [
        (b"http://localhost/a", [200]),
        (b"HTTPS://LocalHost/a?b", [200]),
        (b"http://evil.example/a", [400]),
        (b"http://evil.example@localhost/a", [400]),
        (b"ftp://localhost/a", [400]),
        (b"http://localhost", [400]),
        (b"/a#b", [400]),
        (b"http://localhost/a#b", [400]),
    ],
)
async def test_a_target_names_the_host_of_the_request_or_none(wire, target, statuses):
    await wire.send(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % target)

    assert wire.statuses() == statuses


@pytest.mark.parametrize("version", [b"2.0", b"0.9", b"1.2"])
async def test_other_versions_are_refused(wire, version):
    await wire.send(b"GET /a HTTP/%b\r\nHost: localhost\r\n\r\n" % version)

    assert wire.refusal() == BAD_REQUEST


@pytest.mark.promise("S77")
@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked, identity", b"identity", b"x"])
async def test_other_codings_than_chunked_are_refused(wire, coding):
    await wire.send(POST + b"Transfer-Encoding: %b\r\n\r\n0\r\n\r\n" % coding)

    assert (wire.refusal(), wire.ending) == (BAD_REQUEST, "half")


async def test_an_upgrade_is_not_made_and_ends_the_connection(wire, app):
    upgrade = GET[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    await wire.send(upgrade + GET, GET)

    assert (wire.statuses(), wire.ending) == ([200], "closed")
    assert len(app.scopes) == 1


async def test_a_stop_ends_an_idle_connection_and_lets_the_others_finish(wire, app):
    app.gate.clear()
    await wire.send(GET)
    wire.protocol.shutdown()
    before = wire.ending
    app.gate.set()
    await wire.wait(0)

    assert (before, wire.ending, wire.statuses()) == ("", "closed", [200])
