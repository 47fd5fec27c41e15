"""Fixtures for all tests; the PostgreSQL server is started once, by whoever starts the test processes."""

import gc
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import hypothesis
import pytest

from customer_api.bootstrap import build
from customer_api.core.db import open_units
from customer_api.core.settings import FixedSettings, Settings
from customer_api.customers.models import Units
from customer_api.events.receivers import Receivers
from customer_api.mail.transport import MemoryTransport
from customer_api.main import create_app
from customer_api.security.signing_keys import generate_signing_key
from customer_api.tokens.live_sessions import LiveSessions
from tests.databases import (
    SERVER_VARIABLE,
    Backend,
    PostgresDatabases,
    SqliteDatabases,
    selected_backends,
)
from tests.postgres import PostgresServer
from tests.shop import FakeClock, Shop
from tests.statements import share_statements

pytest_plugins = ["tests.contract.coverage", "tests.promises.report"]

# The same examples at every run, however slow the machine: a red build must mean a changed program.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")

share_statements()

ON_BOTH = {
    "blackbox",
    "core",
    "customers",
    "faults",
    "migrations",
    "orders",
    "test_customer_list.py",
    "test_groups.py",
    "test_orders.py",
}
"""Packages and modules of tests that run on both databases when coverage is measured, too."""

SERVER = pytest.StashKey[PostgresServer]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run write what it would compare."""
    parser.addoption(
        "--write-token-events", action="store_true", help="Write docs/token-events.md."
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Pass over the long tests in runs without them: preparing these takes a minute."""
    is_wanted = "not long" not in config.option.markexpr
    return None if is_wanted or collection_path != Path(__file__).parent / "long" else True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """When coverage is measured, leave out what would only be run again on PostgreSQL.

    All but the packages that have what only PostgreSQL reaches.
    """
    if not config.pluginmanager.hasplugin("_cov"):
        return
    on: dict[object, list[pytest.Function]] = {"sqlite": [], "postgresql": []}
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            on.get(item.callspec.params.get("database_url"), []).append(item)
    on_sqlite = {item.function for item in on["sqlite"]}
    repeated = {
        item
        for item in on["postgresql"]
        if item.function in on_sqlite and not {item.path.parent.name, item.path.name} & ON_BOTH
    }
    items[:] = [item for item in items if item not in repeated]


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over what stays to the end: thousands of tests."""
    gc.collect()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    """Start the server before the test processes, which find it by their environment."""
    is_distributed = bool(config.getoption("numprocesses", None))
    # Else the first test that needs the server starts it.
    if is_distributed and "postgresql" in selected_backends():  # pragma: no branch - see above
        _server_url(config)


def pytest_unconfigure(config: pytest.Config) -> None:  # pragma: no cover - coverage has ended
    """Stop the server, if this process started it."""
    server = config.stash.get(SERVER, None)
    if server is not None:
        server.close()


def _server_url(config: pytest.Config) -> str:
    """Return the address of the server; it is started when there is none."""
    if SERVER_VARIABLE not in os.environ:  # noqa: TID251 - the tests' own variable, no setting of the product
        server = PostgresServer()
        config.stash[SERVER] = server
        server.start()
        os.environ[SERVER_VARIABLE] = server.url()  # noqa: TID251 - inherited by the test processes
    return os.environ[SERVER_VARIABLE]  # noqa: TID251 - the tests' own variable


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """The SQLite databases of this test process."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases(request: pytest.FixtureRequest) -> Iterator[PostgresDatabases]:
    """The PostgreSQL databases of this test process."""
    if "postgresql" not in selected_backends():  # pragma: no cover - skips in limited runs alone
        pytest.skip("the environment limits the tests to another database")
    process = os.environ.get("PYTEST_XDIST_WORKER", "main")  # noqa: TID251 - set by pytest-xdist
    databases = PostgresDatabases(_server_url(request.config), process)
    yield databases
    databases.close()


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite database."""
    return sqlite_databases.migrated(tmp_path)


@pytest.fixture
def postgres_url(postgres_databases: PostgresDatabases) -> str:
    """The address of an empty, migrated PostgreSQL database."""
    return postgres_databases.migrated()


@pytest.fixture(params=selected_backends())
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database, once for each backend."""
    backend: Backend = request.param
    fixture = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}[backend]
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture(params=selected_backends())
def blank_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables, once for each backend."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'blank.sqlite3'}"
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    return databases.blank()


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still until the test moves it."""
    return FakeClock(datetime(2026, 3, 1, 12, 0, tzinfo=UTC))


@pytest.fixture
async def units(database_url: str, clock: FakeClock) -> AsyncIterator[Units]:
    """Units on an empty, migrated database."""
    opened = open_units(database_url, LiveSessions(clock))
    yield opened
    await opened.close()


@pytest.fixture
def unused_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def signing_key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private key, the same for all tests of a process."""
    path = tmp_path_factory.mktemp("keys") / "signing-key.pem"
    generate_signing_key(path)
    return path


@pytest.fixture
def make_settings(database_url: str, signing_key: Path) -> Callable[..., Settings]:
    """Make settings for this test's database, with cheap hashes; arguments replace the defaults."""

    def make(**changes: Any) -> Settings:
        defaults: dict[str, Any] = {
            "database_url": database_url,
            "signing_keys": (signing_key,),
            "mail_from": "shop@shop.example",
            "storefront_url": "https://www.shop.example",
            "mail_worker": False,
            "hash_memory_kib": 8,
            "hash_time_cost": 1,
            "hash_threads": 1,
            "allowed_hosts": ("api.shop.example",),
        }
        return FixedSettings(**(defaults | changes))

    return make


@pytest.fixture
async def open_shop(
    make_settings: Callable[..., Settings],
) -> AsyncIterator[Callable[..., Awaitable[Shop]]]:
    """Open shops on this test's database; arguments are settings."""
    async with AsyncExitStack() as stack:

        async def open_one(
            *,
            plugins: Any = (),
            clock: FakeClock | None = None,
            receivers: Receivers | None = None,
            **changes: Any,
        ) -> Shop:
            clock, transport = clock or FakeClock(), MemoryTransport()
            container = build(
                make_settings(**changes),
                clock=clock,
                transport=transport,
                receivers=receivers,
                plugins=plugins,
            )
            stack.push_async_callback(container.close)
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(
                    create_app(container), raise_app_exceptions=False, client=("192.0.2.1", 4321)
                ),
                base_url="http://api.shop.example/v1",
            )
            await stack.enter_async_context(client)
            return Shop(container, client, clock, transport)

        yield open_one


@pytest.fixture
async def shop(open_shop: Callable[..., Awaitable[Shop]]) -> Shop:
    """A shop with default settings."""
    return await open_shop()
