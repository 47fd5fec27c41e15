"""The server process: uvicorn's configuration, and the application it loads."""

import signal
from functools import partial
from types import FrameType
from typing import Final, NoReturn

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http import httptools_impl

from customer_api.anonymization.errors import AnonymizersInvalid
from customer_api.api.headers import fixed_headers
from customer_api.api.stopping import AnnouncedStop
from customer_api.bootstrap import build
from customer_api.core.settings import Settings, SettingsInvalid, load_settings
from customer_api.main import create_app
from customer_api.observability.logging import configure_logging
from customer_api.security.signing_keys import SigningKeyInvalid
from customer_api.server.answers import REASON_PHRASES
from customer_api.server.last_resort import LastResort
from customer_api.server.protocol import BoundedProtocol
from customer_api.server.slow_clients import SlowClients

KEEP_ALIVE_SECONDS: Final = 15
GRACE_SECONDS: Final = 20
# A process that starts on a busy machine answers its supervisor late; killing it would not help.
WORKER_HEALTH_SECONDS: Final = 30

START_ERRORS: Final = (SettingsInvalid, SigningKeyInvalid, AnonymizersInvalid, ValueError)
"""What stops a start; each message tells the operator what to mend."""


def check(settings: Settings) -> None:
    """Raise one of `START_ERRORS` when an application cannot be built from these settings.

    Server processes would fail one after the other; this fails once, before any of them starts.
    """
    build(settings).hasher.close()


def run(settings: Settings, *, host: str, port: int, workers: int) -> None:
    """Serve until a signal; SIGTERM lets running requests finish and ends the process with 0."""
    signal.signal(signal.SIGTERM, _end)  # uvicorn drains, then raises the signal again
    protocol = partial(
        BoundedProtocol,
        timeout_seconds=settings.receive_timeout_seconds,
        headers=fixed_headers(settings),
        slow_clients=SlowClients(),
    )
    uvicorn.run(
        "customer_api.server:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="uvloop",
        http=protocol,  # type: ignore[arg-type]  # called like the class it completes
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=WORKER_HEALTH_SECONDS,
    )


def application() -> ASGIApp:
    """Build the application from the environment; each server process calls it once."""
    settings = load_settings()
    configure_logging(settings.log_level)
    rename_reason_phrases()
    app = LastResort(create_app(build(settings)), headers=fixed_headers(settings))
    return AnnouncedStop(app, delay_seconds=settings.shutdown_delay_seconds)


def rename_reason_phrases() -> None:
    """Make status lines read as RFC 9110 has them."""
    for status, phrase in REASON_PHRASES.items():
        httptools_impl.STATUS_LINE[status] = f"HTTP/1.1 {status} {phrase}\r\n".encode("ascii")


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
