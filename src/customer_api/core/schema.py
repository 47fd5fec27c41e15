"""The database schema: upgrade it, and tell whether it fits this program."""

import asyncio
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection

from customer_api.core import engines

T = TypeVar("T")

_PACKAGED: Final = Path(__file__).parents[1] / "migrations"
_IN_CHECKOUT: Final = Path(__file__).parents[3] / "migrations"

STATEMENT_TIMEOUT_SECONDS: Final = 600.0
BUSY_TIMEOUT_SECONDS: Final = 60.0


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to a revision; does nothing when it is there already.

    A missing SQLite file and its directory are created. Two processes that upgrade at once wait for
    each other.
    """
    parsed = _prepared(url)

    def run(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    with_connection(parsed, run)


def downgrade(url: str, revision: str) -> None:
    """Take the database at `url` back to an older revision (`base` = empty)."""

    def run(connection: Connection) -> None:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.downgrade(config, revision)

    with_connection(_prepared(url), run)


def current_revision(connection: Connection) -> str | None:
    """Return the revision of the connected database; None before the first upgrade."""
    return MigrationContext.configure(connection).get_current_revision()


@cache
def head_revision() -> str:
    """Return the revision that this program was written for."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    assert head is not None
    return head


def is_known(revision: str) -> bool:
    """Return whether this program has the revision; a newer program's it has not."""
    try:
        return ScriptDirectory.from_config(alembic_config()).get_revision(revision) is not None
    except CommandError:
        return False


def alembic_config() -> Config:
    """Return Alembic's configuration, from the installed package or the checkout."""
    config = Config()
    directory = _PACKAGED if _PACKAGED.is_dir() else _IN_CHECKOUT
    config.set_main_option("script_location", str(directory).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def with_connection(url: URL, work: Callable[[Connection], T], *, read_only: bool = False) -> T:
    """Run work on a connection of its own, outside any event loop; work ends its transactions.

    With `read_only` it holds up no writer of an embedded database.
    """
    if url.get_backend_name() == "sqlite":
        engine = engines.sqlite_engine(
            url, busy_timeout_seconds=BUSY_TIMEOUT_SECONDS, read_only=read_only
        )
        try:
            with engine.connect() as connection:
                return work(connection)
        finally:
            engine.dispose()
    return asyncio.run(_with_postgres(url, work))


async def _with_postgres(url: URL, work: Callable[[Connection], T]) -> T:
    engine = engines.postgres_engine(
        url,
        pool_size=1,
        pool_timeout_seconds=5.0,
        statement_timeout_seconds=STATEMENT_TIMEOUT_SECONDS,
    )
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(work)
    finally:
        await engine.dispose()


def _prepared(url: str) -> URL:
    parsed = engines.parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        assert parsed.database is not None
        directory = Path(parsed.database).parent
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return parsed
