import pytest
from uvicorn.protocols.http import httptools_impl

from customer_api import server
from customer_api.api.stopping import AnnouncedStop
from customer_api.core.settings import PREFIX, FixedSettings


@pytest.fixture
def restored_logging(monkeypatch):
    """Leave the test runner's logging alone."""
    monkeypatch.setattr(server, "configure_logging", lambda _level: None)


def test_reason_phrases_are_those_of_rfc_9110():
    server.rename_reason_phrases()

    assert httptools_impl.STATUS_LINE[413] == b"HTTP/1.1 413 Content Too Large\r\n"
    assert httptools_impl.STATUS_LINE[414] == b"HTTP/1.1 414 URI Too Long\r\n"
    assert httptools_impl.STATUS_LINE[416] == b"HTTP/1.1 416 Range Not Satisfiable\r\n"
    assert httptools_impl.STATUS_LINE[422] == b"HTTP/1.1 422 Unprocessable Content\r\n"


@pytest.mark.usefixtures("restored_logging")
def test_application_is_made_of_the_environment(monkeypatch, tmp_path, signing_key):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(f"{PREFIX}SIGNING_KEYS", str(signing_key))

    app = server.application()

    assert isinstance(app, AnnouncedStop)


def test_uvicorn_gets_what_the_command_line_says(monkeypatch):
    calls = []
    monkeypatch.setattr(server.uvicorn, "run", lambda *_, **options: calls.append(options))
    monkeypatch.setattr(server.signal, "signal", lambda *_: None)

    server.run(host="127.0.0.1", port=81, workers=3)

    (options,) = calls
    assert (options["host"], options["port"], options["workers"]) == ("127.0.0.1", 81, 3)
    assert not options["server_header"]
    assert not options["proxy_headers"]


def test_check_finds_what_would_stop_every_worker(tmp_path):
    settings = FixedSettings(signing_keys=(tmp_path / "missing.pem",))

    with pytest.raises(server.START_ERRORS, match=r"missing\.pem"):
        server.check(settings)


def test_check_is_silent_when_all_is_well(signing_key):
    server.check(FixedSettings(signing_keys=(signing_key,)))


class Transport:
    """Takes what a protocol sends."""

    def __init__(self):
        self.sent = b""
        self.is_closed = False

    def write(self, content):
        self.sent += content

    def close(self):
        self.is_closed = True


def test_broken_http_is_answered_like_all_else_and_the_connection_ends():
    protocol = object.__new__(server.JsonApiProtocol)
    protocol.transport = Transport()

    protocol.send_400_response("Invalid HTTP request received.")

    head, _, body = protocol.transport.sent.partition(b"\r\n\r\n")
    assert protocol.transport.is_closed
    assert f"Content-Length: {len(body)}\r\n".encode() in head
    assert body == b'{"errors":[{"status":400,"detail":"Bad Request"}]}'
