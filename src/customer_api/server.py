"""The server process: uvicorn's configuration, and the application it loads."""

import signal
from types import FrameType
from typing import Final, NoReturn

import uvicorn
from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.protocols.http import httptools_impl

from customer_api.anonymization.errors import AnonymizersInvalid
from customer_api.api.headers import SECURITY_HEADERS
from customer_api.api.stopping import AnnouncedStop
from customer_api.bootstrap import build
from customer_api.core.settings import Settings, SettingsInvalid, load_settings
from customer_api.jsonapi.document import MEDIA_TYPE
from customer_api.jsonapi.errors import ErrorObject, error_document
from customer_api.main import create_app
from customer_api.observability.logging import configure_logging
from customer_api.security.signing_keys import SigningKeyInvalid

KEEP_ALIVE_SECONDS: Final = 15
GRACE_SECONDS: Final = 20
# A process that starts on a busy machine answers its supervisor late; killing it would not help.
WORKER_HEALTH_SECONDS: Final = 30

# RFC 9110 renamed these; Python's table follows from 3.13 on only, and uvicorn takes it from there.
REASON_PHRASES: Final = {
    413: b"Content Too Large",
    414: b"URI Too Long",
    416: b"Range Not Satisfiable",
    422: b"Unprocessable Content",
}


START_ERRORS: Final = (SettingsInvalid, SigningKeyInvalid, AnonymizersInvalid, ValueError)
"""What stops a start; each message tells the operator what to mend."""


def check(settings: Settings) -> None:
    """Raise one of `START_ERRORS` when an application cannot be built from these settings.

    Server processes would fail one after the other; this fails once, before any of them starts.
    """
    build(settings).hasher.close()


def run(*, host: str, port: int, workers: int) -> None:
    """Serve until a signal; SIGTERM lets running requests finish and ends the process with 0."""
    signal.signal(signal.SIGTERM, _end)  # uvicorn drains, then raises the signal again
    uvicorn.run(
        "customer_api.server:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=JsonApiProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=WORKER_HEALTH_SECONDS,
    )


class JsonApiProtocol(httptools_impl.HttpToolsProtocol):
    """uvicorn's protocol, whose one answer of its own is in the form of all others."""

    @override
    def send_400_response(self, msg: str) -> None:
        """Answer something that is no HTTP, and close."""
        body = error_document([ErrorObject(400, "Bad Request")])
        headers = SECURITY_HEADERS | {
            "Content-Type": MEDIA_TYPE,
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
        head = httptools_impl.STATUS_LINE[400] + "".join(lines).encode("ascii")
        self.transport.write(head + b"\r\n" + body)
        self.transport.close()


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


def application() -> ASGIApp:
    """Build the application from the environment; each server process calls it once."""
    settings = load_settings()
    configure_logging(settings.log_level)
    rename_reason_phrases()
    return AnnouncedStop(create_app(build(settings)), delay_seconds=settings.shutdown_delay_seconds)


def rename_reason_phrases() -> None:
    """Make status lines read as RFC 9110 has them."""
    for status, phrase in REASON_PHRASES.items():
        httptools_impl.STATUS_LINE[status] = b"HTTP/1.1 %d %b\r\n" % (status, phrase)
