"""`customer-api privacy`."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, TextIO

import click
from sqlalchemy import URL, Connection
from sqlalchemy.exc import SQLAlchemyError

from customer_api.anonymization import data_map
from customer_api.anonymization import repository as receipts
from customer_api.anonymization.canaries import Canaries, CanaryTooShort
from customer_api.anonymization.holdings import HOLDINGS
from customer_api.anonymization.models import Receipt
from customer_api.anonymization.search import (
    Hit,
    list_tables,
    search_file,
    search_mails,
    search_table,
)
from customer_api.bootstrap import metadata
from customer_api.cli.environment import fail, is_embedded, reason, settings_or_exit
from customer_api.core.engines import parse_url
from customer_api.core.schema import with_connection
from customer_api.core.settings import Settings
from customer_api.core.traces import DatabaseInUse, database_files, remove_traces
from customer_api.customers import repository as customers

OUT_OF_REACH: Final = {
    "sqlite": ("backups and snapshots of the file",),
    "postgresql": (
        "row versions in PostgreSQL's files until VACUUM (`customer-api privacy purge`)",
        "PostgreSQL's write-ahead log, its archive and replicas",
        "backups and snapshots",
    ),
}
"""What no search and no purge of ours reaches, by kind of database."""


@click.group()
def privacy() -> None:
    """Show where personal data is, and check that it is gone."""


@privacy.command(name="map")
def map_() -> None:
    """Print every column with its privacy class, in Markdown.

    \b
    Example:
      customer-api privacy map
    """
    click.echo(data_map.document(metadata), nl=False)


@privacy.command()
@click.argument("reference")
@click.option("--canary", "given", multiple=True, help="A value to look for; may be repeated.")
@click.option(
    "--canaries",
    "file",
    type=click.File("r", encoding="utf-8"),
    help="File with one value a line, `-` for standard input, so that no shell remembers them.",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A log file to search, too; may be repeated.",
)
def verify(
    reference: str, given: tuple[str, ...], file: TextIO | None, logs: tuple[Path, ...]
) -> None:
    """Search everything for values that an erasure should have wiped.

    Every column of every table, the files of an embedded database, and log files are searched, for
    the values as they are and in other spellings and encodings. Places are printed, values never.
    Mails that were delivered into a directory are reported apart, and do not count. Exits with 1
    when something was found.

    \b
    Examples:
      customer-api privacy verify DE--7K3MX0Q2VD --canary ada@shop.example
      customer-api privacy verify DE--7K3MX0Q2VD --canaries - --log /var/log/shop.log < values
    """
    settings = settings_or_exit()
    lines = [] if file is None else [line.strip() for line in file]
    values = [*given, *filter(None, lines)]
    if not values:
        fail("there is nothing to look for; give values by --canary or --canaries")
    try:
        canaries = Canaries(values)
    except CanaryTooShort as error:
        fail(str(error))
    url = parse_url(settings.database_url.get_secret_value())
    click.echo(_state(settings, url, reference))
    hits = sorted([*_search_tables(url, canaries), *_search_files(url, logs, canaries)])
    _print_hits(hits)
    delivered = sorted(_search_delivered(settings, canaries))
    if delivered:
        click.echo("delivered mails, which are out of reach of any erasure:")
        _print_hits(delivered)
    _print_out_of_reach(url)
    click.echo(f"{sum(hit.count for hit in hits)} hits of {len(values)} canaries")
    if hits:
        raise SystemExit(1)


@privacy.command()
@click.option(
    "--full",
    is_flag=True,
    help="Rewrite PostgreSQL's tables now; each is locked meanwhile, for readers, too.",
)
def purge(*, full: bool) -> None:
    """Remove copies of erased values from the files of the database.

    SQLite: the file is rewritten and its log emptied. PostgreSQL: VACUUM of the tables with
    personal data.

    \b
    Examples:
      customer-api privacy purge
      customer-api privacy purge --full
    """
    settings = settings_or_exit()
    url = parse_url(settings.database_url.get_secret_value())
    _require_database(settings, url)
    tables = sorted(holding.table.name for holding in HOLDINGS)
    try:
        remove_traces(url, tables, is_full=full)
    except DatabaseInUse:
        fail("somebody uses the database just now; try again", code=1)
    except (SQLAlchemyError, OSError) as error:
        fail(f"the database cannot be purged: {reason(error)}", code=1)
    click.echo(f"purged {len(tables)} tables")
    _print_out_of_reach(url)


def _require_database(settings: Settings, url: URL) -> None:
    if is_embedded(settings) and not Path(str(url.database)).exists():  # connecting would make it
        fail("the database does not exist", code=1)


def _state(settings: Settings, url: URL, reference: str) -> str:
    """Return what is known of the customer; exits when there is none or no database."""
    _require_database(settings, url)

    def look(connection: Connection) -> tuple[bool, Receipt | None]:
        is_known = customers.has_reference(connection, reference)
        return is_known, receipts.find(connection, reference)

    try:
        is_known, receipt = with_connection(url, look, read_only=True)
    except (SQLAlchemyError, OSError) as error:
        fail(f"the database cannot be read: {reason(error)}", code=1)
    if not is_known:
        fail("no customer has this reference")
    if receipt is None:
        return "not erased"
    counts = ", ".join(f"{name} {rows}" for name, rows in receipt.rows_by_anonymizer.items())
    return f"erased {receipt.erased_at:%Y-%m-%d %H:%M:%S} UTC by {receipt.actor}; rows: {counts}"


def _search_tables(url: URL, canaries: Canaries) -> list[Hit]:
    def work(connection: Connection) -> list[Hit]:
        return [
            hit
            for schema, name in list_tables(connection)
            for hit in search_table(connection, schema, name, canaries)
        ]

    return with_connection(url, work, read_only=True)


def _search_files(url: URL, logs: Iterable[Path], canaries: Canaries) -> Iterator[Hit]:
    for path in (*database_files(url), *logs):
        yield from search_file(path, canaries)


def _search_delivered(settings: Settings, canaries: Canaries) -> Iterator[Hit]:
    scheme, _, directory = settings.mail_url.get_secret_value().partition(":")
    if scheme == "files":
        yield from search_mails(Path(directory), canaries)


def _print_hits(hits: Iterable[Hit]) -> None:
    for hit in hits:
        sighting = hit.sighting
        click.echo(f"canary {sighting.canary} ({sighting.form}) in {hit.place}: {hit.count}")


def _print_out_of_reach(url: URL) -> None:
    for place in OUT_OF_REACH[url.get_backend_name()]:
        click.echo(f"not searched and not purged: {place}")
