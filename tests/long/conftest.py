"""Servers for races and crashes."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.blackbox.server import RunningServer, start_server

PATIENT = {
    "CUSTOMER_API_RATE_LIMITS": "off",
    "CUSTOMER_API_LOG_LEVEL": "warning",
    "CUSTOMER_API_DATABASE_BUSY_TIMEOUT_SECONDS": "30",
}


@pytest.fixture
def start(
    tmp_path: Path, database_url: str, signing_key: Path
) -> Iterator[Callable[..., RunningServer]]:
    """Start servers that share a database and a signing key: `start("one", workers=2)`."""
    shared = {
        "CUSTOMER_API_DATABASE_URL": database_url,
        "CUSTOMER_API_SIGNING_KEYS": str(signing_key),
    }
    with ExitStack() as stack:

        def start_one(
            name: str, environment: Mapping[str, str] | None = None, *, workers: int = 1
        ) -> RunningServer:
            directory = tmp_path / name
            directory.mkdir(exist_ok=True)
            variables = PATIENT | shared | dict(environment or {})
            return stack.enter_context(start_server(directory, variables, workers=workers))

        yield start_one
