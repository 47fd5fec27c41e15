"""Copies of overwritten values in the database's own files: where they are, and how to remove them."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from sqlalchemy import URL, Connection

from customer_api.core.schema import with_connection

SUFFIXES: Final = ("", "-wal", "-journal")
"""What SQLite appends to the name of its file for its logs."""


class DatabaseInUse(Exception):
    """Somebody is reading or writing just now, so the log cannot be emptied; try again."""


def database_files(url: URL) -> tuple[Path, ...]:
    """Return the files of an embedded database that exist; none for PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return ()
    paths = (Path(f"{url.database}{suffix}") for suffix in SUFFIXES)
    return tuple(path for path in paths if path.exists())


def remove_traces(url: URL, tables: Iterable[str], *, is_full: bool) -> None:
    """Rewrite an embedded database and empty its log; on PostgreSQL, VACUUM these tables.

    Args:
        url: the database.
        tables: names of the tables with personal data.
        is_full: rewrite PostgreSQL's tables, each under a lock that keeps readers out. Otherwise
            the place of old row versions is freed, and they stay in it until it is used again.

    Raises:
        DatabaseInUse: SQLite's log could not be emptied.
    """
    if url.get_backend_name() == "sqlite":
        with_connection(url, _rewrite_file)
        return
    options = "(FULL)" if is_full else ""

    def vacuum(connection: Connection) -> None:
        outside = connection.execution_options(isolation_level="AUTOCOMMIT")
        quote = connection.dialect.identifier_preparer.quote
        for table in tables:
            outside.exec_driver_sql(f"VACUUM {options} {quote(table)}")

    with_connection(url, vacuum)


def _rewrite_file(connection: Connection) -> None:
    driver = connection.connection.driver_connection  # no transaction may be open
    assert isinstance(driver, sqlite3.Connection)
    driver.execute("VACUUM")
    (is_busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise DatabaseInUse
