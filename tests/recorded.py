"""Looking at the security events of a test."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest


def recorded(caplog: pytest.LogCaptureFixture) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the events so far with their fields, oldest first."""
    standard = vars(logging.makeLogRecord({})).keys() | {"message", "category"}
    for line in caplog.records:
        if getattr(line, "category", None) == "security":
            fields = {name: value for name, value in vars(line).items() if name not in standard}
            yield line.getMessage(), fields
