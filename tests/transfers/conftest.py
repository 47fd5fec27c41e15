"""Importing into a shop."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from customer_api.transfers.csv_rows import CsvFile
from customer_api.transfers.customers.columns import CustomerColumns, parse_hash
from customer_api.transfers.customers.importing import CustomerImporter, ImportRules
from customer_api.transfers.report import ImportSummary, Refusal
from tests.shop import Shop
from tests.transfers.files import customers_file

Importing = Callable[..., Awaitable[tuple[ImportSummary, list[Refusal]]]]


async def import_into(
    shop: Shop,
    *rows: dict[str, str],
    parse_password: Any = parse_hash,
    is_dry_run: bool = False,
    overwrites_passwords: bool = False,
) -> tuple[ImportSummary, list[Refusal]]:
    """Import a file of these rows; returns the summary and what was reported."""
    file = CsvFile(io.BytesIO(customers_file(*rows)))
    refusals: list[Refusal] = []
    importer = CustomerImporter(
        units=shop.container.units,
        clock=shop.clock,
        hasher=shop.container.hasher,
        store=shop.container.settings.store,
        rules=ImportRules(is_dry_run=is_dry_run, overwrites_passwords=overwrites_passwords),
        report=refusals.append,
    )
    columns = CustomerColumns(
        file.header,
        locales=shop.container.settings.locales,
        now=shop.clock.now(),
        parse_password=parse_password,
    )
    return await importer.run(file.rows(), columns), refusals


@pytest.fixture
def import_rows(shop: Shop) -> Importing:
    """Import rows into this test's shop."""

    async def run(*rows: dict[str, str], **options: Any) -> tuple[ImportSummary, list[Refusal]]:
        return await import_into(shop, *rows, **options)

    return run
