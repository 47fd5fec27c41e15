"""`customer-api import customers`."""

import asyncio
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from sqlalchemy.exc import SQLAlchemyError

from customer_api.bootstrap import Container
from customer_api.cli.containers import open_container
from customer_api.cli.environment import (
    fail,
    reason,
    settings_or_exit,
)
from customer_api.core.clock import SystemClock
from customer_api.core.errors import DatabaseUnavailable
from customer_api.transfers.csv_rows import CsvFile, CsvRow, FileUnusable
from customer_api.transfers.customers.columns import (
    CustomerColumns,
    parse_hash,
    parse_hash_or_clear_text,
)
from customer_api.transfers.customers.importing import CustomerImporter, ImportRules
from customer_api.transfers.report import ImportSummary, Refusal, ReportFile

PROGRESS_ROWS: Final = 100
ERASE_LINE: Final = "\r\x1b[K"


@click.group(name="import")
def import_() -> None:
    """Import files of other shops."""


@import_.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--dry-run",
    is_flag=True,
    help="Write nothing and tell what would happen. Rows are compared with the database as it is, "
    "in batches of 500, so an e-mail that the file repeats later goes unnoticed.",
)
@click.option(
    "--overwrite-passwords",
    is_flag=True,
    help="Replace passwords that differ from the file's, and end these customers' sessions. "
    "Otherwise only customers without a password get one.",
)
@click.option(
    "--allow-clear-text-passwords",
    is_flag=True,
    help="Hash passwords that are not hashed. The password policy does not apply.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the refused rows to this CSV file: line, customer_reference, error.",
)
def customers(
    file: Path,
    *,
    dry_run: bool,
    overwrite_passwords: bool,
    allow_clear_text_passwords: bool,
    report: Path | None,
) -> None:
    """Create and change customers from a CSV file in UTF-8 with a header.

    \b
    Columns, in any order:
      customer_reference  needed; known ones are changed, others created
      email               needed; unique, whatever the spelling
      locale_name         a locale of the store, such as de_DE
      salutation          Mr, Mrs, Ms, Dr or n/a
      gender              Male or Female
      first_name, last_name, company, phone
      date_of_birth       YYYY-MM-DD
      password            a hash of bcrypt, argon2, PBKDF2, scrypt, phpass, salted SHA
                          or hash:salt:version; docs/operations.md has the spellings
      registered          YYYY-MM-DD; empty = must still be confirmed

    What the file has no column for stays as it is. Refused rows are named by line on standard
    error, all others are imported, and doing it again changes nothing. Nobody gets a mail. An
    embedded SQLite database is migrated first.

    \b
    Exit codes: 0 all rows imported, 1 some rows refused,
    2 the file, the settings or the database cannot be used.

    \b
    Examples:
      customer-api import customers customers.csv
      customer-api import customers --dry-run --report refused.csv customers.csv
    """
    settings = settings_or_exit()
    rules = ImportRules(is_dry_run=dry_run, overwrites_passwords=overwrite_passwords)
    parse_password = parse_hash_or_clear_text if allow_clear_text_passwords else parse_hash
    try:
        with ExitStack() as stack:
            rows = CsvFile(stack.enter_context(file.open("rb")))
            columns = CustomerColumns(
                rows.header,
                locales=settings.locales,
                now=SystemClock().now(),
                parse_password=parse_password,
            )
            tell = _teller(stack, report, file)
            summary = _run(
                open_container(settings), rows, columns=columns, rules=rules, report=tell
            )
    except FileUnusable as error:
        fail(f"{file}: {error}")
    except OSError as error:
        fail(f"{error.filename or file}: {reason(error)}")
    except DatabaseUnavailable:
        fail("the database does not answer; what was imported stays, so simply start again later")
    except SQLAlchemyError as error:
        fail(f"the database cannot be used: {reason(error)}")
    prefix = "dry run, nothing was written: " if dry_run else ""
    click.echo(prefix + ", ".join(f"{name} {count}" for name, count in asdict(summary).items()))
    if summary.refused:
        raise SystemExit(1)


def _teller(stack: ExitStack, report: Path | None, source: Path) -> Callable[[Refusal], None]:
    """Return what tells of refused rows, on standard error and in the report."""
    erase = ERASE_LINE if sys.stderr.isatty() else ""

    def tell(refusal: Refusal) -> None:
        click.echo(f"{erase}line {refusal.line}: {refusal.reason}", err=True)

    if report is None:
        return tell
    if report.exists() and report.samefile(source):
        fail("the report would overwrite the file that is imported")
    lines = ReportFile(stack.enter_context(report.open("w", encoding="utf-8", newline="")))

    def tell_twice(refusal: Refusal) -> None:
        tell(refusal)
        lines.add(refusal)

    return tell_twice


def _run(
    container: Container,
    rows: CsvFile,
    *,
    columns: CustomerColumns,
    rules: ImportRules,
    report: Callable[[Refusal], None],
) -> ImportSummary:
    importer = CustomerImporter(
        units=container.units,
        clock=container.clock,
        hasher=container.hasher,
        store=container.settings.store,
        rules=rules,
        report=report,
    )
    with click.progressbar(
        length=rows.size, label="import", file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:
        return asyncio.run(_import(container, importer, _advancing(rows, bar.update), columns))


async def _import(
    container: Container,
    importer: CustomerImporter,
    rows: Iterable[CsvRow | Refusal],
    columns: CustomerColumns,
) -> ImportSummary:
    try:
        return await importer.run(rows, columns)
    finally:
        await container.close()


def _advancing(file: CsvFile, advance: Callable[[int], None]) -> Iterator[CsvRow | Refusal]:
    """Yield the rows, and tell now and then how many more bytes have been read."""
    told = 0
    for number, row in enumerate(file.rows()):
        if number % PROGRESS_ROWS == 0:
            advance(file.position - told)
            told = file.position
        yield row
    advance(file.size - told)
