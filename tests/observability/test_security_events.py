import json
import logging
import re
from pathlib import Path

import pytest

from customer_api.observability.logging import JsonFormatter
from customer_api.observability.request_id import RequestIds
from customer_api.observability.security_events import SecurityEvent, record

ROOT = Path(__file__).parents[2]


def texts(directory):
    """Return all Python files below, but for the catalogue and this test."""
    return "\n".join(
        path.read_text("utf-8")
        for path in (ROOT / directory).rglob("*.py")
        if not path.name.endswith("security_events.py")
    )


@pytest.mark.promise("S126")
def test_every_event_is_recorded_somewhere_and_looked_for_by_a_test():
    recorded = set(re.findall(r"SecurityEvent\.([A-Z_]+)", texts("src")))
    tests = texts("tests")

    looked_for = {
        event.name
        for event in SecurityEvent
        if re.search(rf"{event.name}|\b{event.value}\b", tests)
    }

    everything = {event.name for event in SecurityEvent}
    assert everything - recorded == set()
    assert everything - looked_for == set()


def test_every_event_is_explained_to_operators():
    page = (ROOT / "docs" / "security.md").read_text("utf-8")

    assert [event for event in SecurityEvent if f"`{event.value}`" not in page] == []


@pytest.mark.promise("S126")
@pytest.mark.parametrize("event", SecurityEvent)
async def test_an_event_of_a_request_is_one_line_with_its_id(caplog, event):
    caplog.set_level(logging.INFO)
    caplog.handler.setFormatter(JsonFormatter())

    async def app(_scope, _receive, _send):
        record(event, reference="DE--1\n{}")

    async def ignore(_message):
        """Take no answer."""

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"x-request-id", b"request-4711")],
    }
    await RequestIds(app, failure=app, remember=lambda _scope, _id: None)(scope, ignore, ignore)

    lines = [json.loads(line) for line in caplog.text.splitlines()]
    (line,) = [line for line in lines if line.get("category") == "security"]
    assert (line["event"], line["request_id"]) == (event.value, "request-4711")


def test_an_event_is_one_line_with_its_fields(caplog):
    caplog.set_level(logging.INFO)

    record(SecurityEvent.LOGIN_SUCCEEDED, reference="DE--1", session=None)

    (line,) = caplog.records
    assert (line.message, line.levelname) == ("login_succeeded", "INFO")
    assert (line.category, line.reference, line.session) == ("security", "DE--1", None)


def test_what_may_be_an_attack_is_a_warning(caplog):
    record(SecurityEvent.REFRESH_TOKEN_REUSED, session="5d5b")

    (line,) = caplog.records
    assert line.levelname == "WARNING"
