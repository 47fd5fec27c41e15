"""Servers for races and crashes, and the time that all long tests may take."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from customer_api.core.schema import upgrade
from tests.blackbox.server import RunningServer, start_server
from tests.postgres import PostgresServer

BUDGET_SECONDS = 60 * 60
"""Of a whole run; each test has bounds of its own beside it."""

STARTED_AT = time.monotonic()

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


@pytest.fixture(autouse=True)
def within_budget() -> None:
    """Fail what would begin after the time is used up, so that a run always ends."""
    if time.monotonic() - STARTED_AT > BUDGET_SECONDS:
        pytest.fail(f"the long tests have used up their {BUDGET_SECONDS} seconds")


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server that may be crashed, migrated."""
    with PostgresServer() as server:
        upgrade(server.url())
        yield server
