import asyncio
import json
import logging
import sys

import pytest

from customer_api.observability.logging import JsonFormatter, configure_logging
from customer_api.observability.request_id import RequestIds

EMAIL = "ada@shop.example"


@pytest.fixture(autouse=True)
def logging_as_before():
    """Give the root logger and the quiet ones back as they were."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    names = ("uvicorn.error", "asyncio", "alembic", "python_multipart", "mail.log")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture
def lines(capsys):
    """Return what was logged, one object a line."""

    def read():
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return read


def fail_deeply():
    raise ValueError(f"Key (email_key)=({EMAIL}) already exists")


def test_an_event_is_one_line_with_its_fields(lines):
    configure_logging("info")

    logging.getLogger("customer_api.mail").info("mail_sent", extra={"mail_id": 7, "code": None})

    (line,) = lines()
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "customer_api.mail",
        "event": "mail_sent",
        "mail_id": 7,
        "code": None,
    }


def test_an_exception_is_logged_without_its_text(capsys):
    configure_logging("info")

    try:
        fail_deeply()
    except ValueError:
        logging.getLogger("customer_api").exception("unexpected_error")

    text = capsys.readouterr().err
    line = json.loads(text)
    assert EMAIL not in text
    assert (line["level"], line["error"]) == ("error", "ValueError")
    assert [frame.rpartition(" ")[2] for frame in line["stack"]] == [
        "test_an_exception_is_logged_without_its_text",
        "fail_deeply",
    ]
    assert all(":" in frame for frame in line["stack"])


def test_of_a_message_with_a_traceback_only_the_first_line_is_written(capsys):
    configure_logging("info")

    logging.getLogger("uvicorn.error").error("Traceback:\n  ...\nKey=(%s) already exists", EMAIL)

    text = capsys.readouterr().err
    assert json.loads(text)["event"] == "Traceback:"
    assert EMAIL not in text


def test_nothing_that_is_logged_can_forge_a_second_line(lines):
    configure_logging("info")

    logging.getLogger("x").info("event", extra={"text": 'a\r\n{"level": "error"}\x1b[31m'})

    (line,) = lines()
    assert line["level"] == "info"


def test_values_that_are_no_json_are_written_as_text(lines):
    configure_logging("info")

    logging.getLogger("x").info("event", extra={"kind": {1}, "error_class": ValueError})

    (line,) = lines()
    assert line["kind"] == "{1}"


def test_without_an_exception_there_is_no_stack():
    record = logging.makeLogRecord({"msg": "event", "exc_info": (None, None, None)})

    line = json.loads(JsonFormatter().format(record))

    assert "stack" not in line
    assert "error" not in line


def test_less_severe_events_are_not_written(lines):
    configure_logging("warning")

    logging.getLogger("x").info("event")
    logging.getLogger("x").warning("other")

    assert [line["event"] for line in lines()] == ["other"]


def test_talkative_libraries_are_quiet_below_warnings(lines):
    configure_logging("debug")

    logging.getLogger("asyncio").info("Using selector: EpollSelector")
    logging.getLogger("asyncio").warning("slow")

    assert [line["event"] for line in lines()] == ["slow"]


def test_configuring_twice_writes_once(lines):
    configure_logging("info")
    configure_logging("info")

    logging.getLogger("x").info("event")

    assert len(lines()) == 1
    assert logging.getLogger().handlers[0].stream is sys.stderr


async def test_lines_of_concurrent_requests_carry_their_own_ids(lines):
    configure_logging("info")
    together = asyncio.Barrier(2)

    async def app(scope, receive, send):
        await together.wait()
        logging.getLogger("x").info("within", extra={"path": scope["path"]})
        await send({"type": "http.response.start", "status": 204, "headers": []})

    async def ignore(*_arguments):
        await asyncio.sleep(0)

    requests = RequestIds(app, failure=pytest.fail, remember=lambda *_arguments: None)
    await asyncio.gather(
        *(
            requests(
                {
                    "type": "http",
                    "method": "GET",
                    "path": path,
                    "headers": [(b"x-request-id", path.encode())],
                },
                ignore,
                ignore,
            )
            for path in ("request-one", "request-two")
        )
    )
    logging.getLogger("x").info("after")

    found = lines()
    within = [line for line in found if line["event"] == "within"]
    assert {line["request_id"] for line in within} == {"request-one", "request-two"}
    assert all(line["request_id"] == line["path"] for line in within)
    assert "request_id" not in found[-1]
