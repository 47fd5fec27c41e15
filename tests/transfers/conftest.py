"""Importing into a shop."""

import io
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from customer_api.transfers.customers.columns import customer_columns, parse_hash
from customer_api.transfers.customers.importing import CustomerImport
from customer_api.transfers.exporter import Exporter, ExportKind
from customer_api.transfers.files import open_rows
from customer_api.transfers.importer import Importer, ImportKind
from customer_api.transfers.report import ImportSummary, Refusal
from customer_api.transfers.rows import Format
from customer_api.transfers.writers import open_writer
from tests.databases import SqliteDatabases
from tests.shop import Shop
from tests.tables import every_row
from tests.transfers.files import customers_file

Importing = Callable[..., Awaitable[tuple[ImportSummary, list[Refusal]]]]


def customer_import(
    shop: Shop, *, parse_password: Any = parse_hash, overwrites_passwords: bool = False
) -> CustomerImport:
    """Return what imports customers into a shop."""
    columns = customer_columns(
        locales=shop.container.settings.locales,
        now=shop.clock.now(),
        parse_password=parse_password,
    )
    return CustomerImport(
        columns,
        units=shop.container.units,
        clock=shop.clock,
        hasher=shop.container.hasher,
        store=shop.container.settings.store,
        overwrites_passwords=overwrites_passwords,
    )


async def import_content(
    shop: Shop,
    kind: ImportKind[Any],
    content: bytes,
    form: Format = Format.CSV,
    *,
    is_dry_run: bool = False,
) -> tuple[ImportSummary, list[Refusal]]:
    """Import a file; returns the summary and what was reported."""
    file = open_rows(io.BytesIO(content), form, literal=kind.columns.literal)
    if file.header is not None:
        kind.columns.check(file.header)
    refusals: list[Refusal] = []
    importer = Importer(
        kind,
        units=shop.container.units,
        clock=shop.clock,
        report=refusals.append,
        is_dry_run=is_dry_run,
    )
    return await importer.run(file.rows(), header=file.header), refusals


async def exported(shop: Shop, kind: ExportKind, form: Format = Format.CSV) -> bytes:
    """Return the file of all things of a kind."""
    file = io.BytesIO()
    writer = open_writer(file, form, kind.columns, literal=kind.literal)
    await Exporter(kind, units=shop.container.units, clock=shop.clock).run(writer)
    return file.getvalue()


async def all_but_events(shop: Shop) -> list[Any]:
    """Return all rows but those of the audit, to which each import adds an event."""
    return [it for it in await every_row(shop) if not it[0].name.startswith("audit_")]


async def import_into(
    shop: Shop, *rows: dict[str, str], is_dry_run: bool = False, **rules: Any
) -> tuple[ImportSummary, list[Refusal]]:
    """Import customers."""
    kind = customer_import(shop, **rules)
    return await import_content(shop, kind, customers_file(*rows), is_dry_run=is_dry_run)


@pytest.fixture
async def source(
    open_shop: Callable[..., Awaitable[Shop]], sqlite_databases: SqliteDatabases, tmp_path: Path
) -> Shop:
    """Another shop than the one on this test's database."""
    directory = tmp_path / "source"
    directory.mkdir()
    return await open_shop(database_url=sqlite_databases.migrated(directory))


@pytest.fixture
def import_rows(shop: Shop) -> Importing:
    """Import rows into this test's shop."""

    async def run(*rows: dict[str, str], **options: Any) -> tuple[ImportSummary, list[Refusal]]:
        return await import_into(shop, *rows, **options)

    return run
