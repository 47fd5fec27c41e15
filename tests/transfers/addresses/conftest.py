"""Importing addresses into a shop."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from customer_api.api.v1 import countries
from customer_api.transfers.addresses.columns import address_columns
from customer_api.transfers.addresses.importing import AddressImport
from customer_api.transfers.report import ImportSummary, Refusal
from tests.shop import Shop
from tests.transfers.conftest import import_content
from tests.transfers.files import customers_file


def address_import(shop: Shop) -> AddressImport:
    """Return what imports addresses into a shop."""
    return AddressImport(address_columns(countries.is_known), clock=shop.clock)


async def import_book(
    shop: Shop, *rows: dict[str, str], **options: Any
) -> tuple[ImportSummary, list[Refusal]]:
    """Import a file of these rows."""
    return await import_content(shop, address_import(shop), customers_file(*rows), **options)


@pytest.fixture
def import_addresses(
    shop: Shop,
) -> Callable[..., Awaitable[tuple[ImportSummary, list[Refusal]]]]:
    """Import addresses into this test's shop."""

    async def run(*rows: dict[str, str], **options: Any) -> tuple[ImportSummary, list[Refusal]]:
        return await import_book(shop, *rows, **options)

    return run
