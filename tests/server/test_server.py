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

    settings = FixedSettings(receive_timeout_seconds=5, public_url="https://api.shop.example")
    server.run(settings, host="127.0.0.1", port=81, workers=3)

    (options,) = calls
    assert (options["host"], options["port"], options["workers"]) == ("127.0.0.1", 81, 3)
    assert not options["server_header"]
    assert not options["proxy_headers"]
    bounds = options["http"].keywords
    assert bounds["timeout_seconds"] == 5
    assert bounds["headers"]["Strict-Transport-Security"]


def test_check_finds_what_would_stop_every_worker(tmp_path):
    settings = FixedSettings(signing_keys=(tmp_path / "missing.pem",))

    with pytest.raises(server.START_ERRORS, match=r"missing\.pem"):
        server.check(settings)


def test_check_is_silent_when_all_is_well(signing_key):
    server.check(FixedSettings(signing_keys=(signing_key,)))
