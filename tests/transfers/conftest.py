"""Importing into a shop."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from customer_api.transfers.csv_rows import CsvFile
from customer_api.transfers.customers.columns import customer_columns, parse_hash
from customer_api.transfers.customers.importing import CustomerImport
from customer_api.transfers.importer import Importer
from customer_api.transfers.report import ImportSummary, Refusal
from tests.shop import Shop
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


async def import_into(
    shop: Shop, *rows: dict[str, str], is_dry_run: bool = False, **rules: Any
) -> tuple[ImportSummary, list[Refusal]]:
    """Import a file of these rows; returns the summary and what was reported."""
    kind = customer_import(shop, **rules)
    file = CsvFile(io.BytesIO(customers_file(*rows)), literal=kind.columns.literal)
    kind.columns.check(file.header)
    refusals: list[Refusal] = []
    importer = Importer(
        kind, units=shop.container.units, report=refusals.append, is_dry_run=is_dry_run
    )
    return await importer.run(file.rows()), refusals


@pytest.fixture
def import_rows(shop: Shop) -> Importing:
    """Import rows into this test's shop."""

    async def run(*rows: dict[str, str], **options: Any) -> tuple[ImportSummary, list[Refusal]]:
        return await import_into(shop, *rows, **options)

    return run
