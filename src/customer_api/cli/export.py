"""`customer-api export`."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import click
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import Unpack

from customer_api.bootstrap import Container
from customer_api.cli.containers import open_container
from customer_api.cli.environment import fail, reason, settings_or_exit
from customer_api.cli.progress import Progress
from customer_api.core.errors import DatabaseUnavailable
from customer_api.transfers.addresses.export import AddressExport
from customer_api.transfers.customers.export import CustomerExport
from customer_api.transfers.erasures.export import ErasureExport
from customer_api.transfers.exporter import Exporter, ExportKind, RowWriter
from customer_api.transfers.groups.export import GroupExport
from customer_api.transfers.members.export import MemberExport
from customer_api.transfers.notes.export import NoteExport
from customer_api.transfers.orders.export import OrderExport
from customer_api.transfers.rows import Format
from customer_api.transfers.subscriptions.export import SubscriptionExport
from customer_api.transfers.writers import open_writer, replacing

Command = Callable[..., None]


class ExportOptions(TypedDict):
    """What the options of all exports say."""

    file: Path
    format: Format | None


@click.group()
def export() -> None:
    """Write files that can be imported again."""


def export_options(command: Command) -> Command:
    """Add the file and the options that all exports have."""
    path = click.Path(path_type=Path, dir_okay=False)
    form = click.option(
        "--format",
        type=click.Choice(Format, case_sensitive=False),
        help="How the file is written; .ndjson and .jsonl are NDJSON, all others CSV.",
    )
    return click.argument("file", type=path)(form(command))


@export.command()
@click.option(
    "--with-passwords", is_flag=True, help="Write password hashes; else their column is empty."
)
@export_options
def customers(*, with_passwords: bool, **options: Unpack[ExportOptions]) -> None:
    """Write all customers but anonymized ones.

    The file is that of `customer-api import customers`, in the order in which they were created; only
    its owner can read it, and it takes the place of FILE when it is complete. In CSV, texts that a
    spreadsheet would run as formulas stand behind an apostrophe. An export is an audit event.

    \b
    Exit codes: 0 done, 2 the file, the settings or the database cannot be used.

    \b
    Examples:
      customer-api export customers customers.csv
      customer-api export customers --with-passwords customers.ndjson
    """
    _export("customers", CustomerExport(has_passwords=with_passwords), options)


@export.command()
@export_options
def addresses(**options: Unpack[ExportOptions]) -> None:
    """Write all addresses but removed ones and those of anonymized customers.

    The file is that of `customer-api import addresses`, with the uuids and the defaults; everything
    else is as with customers.

    \b
    Example:
      customer-api export addresses addresses.csv
    """
    _export("addresses", AddressExport(), options)


@export.command()
@export_options
def groups(**options: Unpack[ExportOptions]) -> None:
    """Write all groups, without their members.

    Everything else is as with customers.

    \b
    Example:
      customer-api export groups groups.csv
    """
    _export("groups", GroupExport(), options)


@export.command()
@export_options
def members(**options: Unpack[ExportOptions]) -> None:
    """Write who is in which group.

    Everything else is as with customers.

    \b
    Example:
      customer-api export members members.csv
    """
    _export("members", MemberExport(), options)


@export.command()
@export_options
def notes(**options: Unpack[ExportOptions]) -> None:
    """Write all notes but those about anonymized customers.

    Everything else is as with customers.

    \b
    Example:
      customer-api export notes notes.ndjson
    """
    _export("notes", NoteExport(), options)


@export.command()
@export_options
def orders(**options: Unpack[ExportOptions]) -> None:
    """Write all orders, those of guests and of anonymized customers included.

    Everything else is as with customers.

    \b
    Example:
      customer-api export orders orders.ndjson
    """
    _export("orders", OrderExport(), options)


@export.command()
@export_options
def subscriptions(**options: Unpack[ExportOptions]) -> None:
    """Write all subscriptions to newsletters, ended ones too, but none that was never confirmed.

    Everything else is as with customers.

    \b
    Example:
      customer-api export subscriptions subscriptions.csv
    """
    _export("subscriptions", SubscriptionExport(), options)


@export.command()
@export_options
def erasures(**options: Unpack[ExportOptions]) -> None:
    """Write the references of all anonymized customers, and when it happened.

    Everything else is as with customers.

    \b
    Example:
      customer-api export erasures erasures.csv
    """
    _export("erasures", ErasureExport(), options)


def _export(name: str, kind: ExportKind, options: ExportOptions) -> None:
    path = options["file"]
    form = options["format"] or Format.of(path)
    if path.exists() and not path.is_file():
        fail(f"{path} is no regular file")
    settings = settings_or_exit()
    try:
        with replacing(path) as file:
            writer = open_writer(file, form, kind.columns, literal=kind.literal)
            written = asyncio.run(_run(open_container(settings), kind, writer))
    except OSError as error:
        fail(f"{path}: {reason(error)}")
    except DatabaseUnavailable:
        fail("the database does not answer; nothing was exported")
    except SQLAlchemyError as error:
        fail(f"the database cannot be used: {reason(error)}")
    click.echo(f"exported {written} {name}")


async def _run(container: Container, kind: ExportKind, writer: RowWriter) -> int:
    exporter = Exporter(kind, units=container.units, clock=container.clock)
    written = 0
    try:
        with Progress("export", length=await exporter.count()) as bar:

            def advanced(rows: int) -> None:
                nonlocal written
                written += rows
                bar.advance(rows)
                bar.count(written)

            return await exporter.run(writer, advanced)
    finally:
        await container.close()
