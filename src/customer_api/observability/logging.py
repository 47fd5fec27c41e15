"""Logs as JSON lines on standard error.

An event is a constant name with fields. Texts of exceptions are never written, because database
errors quote e-mail addresses; class and stack frames are.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from typing_extensions import override

from customer_api.observability.request_id import current_request_id

_STANDARD_FIELDS: Final = frozenset(
    vars(logging.makeLogRecord({})) | {"message": None, "asctime": None, "taskName": None}
)
_QUIET: Final = ("uvicorn.error", "asyncio", "alembic", "python_multipart", "mail.log")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, event, request id, fields, and the stack of an error."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            # A server puts whole tracebacks into messages, and those quote what the database refused.
            "event": record.getMessage().partition("\n")[0],
        }
        request_id = current_request_id()
        if request_id is not None:
            line["request_id"] = request_id
        line |= {
            name: value for name, value in vars(record).items() if name not in _STANDARD_FIELDS
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["stack"] = _frames(record.exc_info[2])
        return json.dumps(line, default=str)


def configure_logging(level: str) -> None:
    """Send all logs of this process to standard error, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _frames(stack: TracebackType | None) -> list[str]:
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(stack)
    ]
