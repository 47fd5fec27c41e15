"""What is exported of addresses, and that it can be imported again."""

import pytest

from customer_api.api.v1 import countries
from customer_api.audit.models import AuditEventRow
from customer_api.transfers.addresses.columns import address_columns
from customer_api.transfers.addresses.export import AddressExport
from customer_api.transfers.exporter import Exporter
from customer_api.transfers.report import ImportSummary
from customer_api.transfers.rows import Format
from tests.tables import rows
from tests.transfers.addresses.conftest import address_import, import_book
from tests.transfers.conftest import exported, import_content, import_into
from tests.transfers.files import PASSWORD, address, customer, customers_file

FILE = [
    address(1, phone="+49 30 1", is_default_billing="true"),
    address(2, owner=2, first_name="=1+1", comment="a\r\nb", is_default_shipping="true"),
    address(3, first_name="'=1", last_name="'", comment='@x, "y"', is_default_shipping="true"),
    address(4, owner=2, salutation="", country_code="", first_name="李", is_default_billing="true"),
    address(5, owner=3),
]


@pytest.fixture
def owners():
    return [customer(number) for number in (1, 2, 3)]


def test_the_columns_are_those_of_an_import():
    assert AddressExport.columns == address_columns(countries.is_known).names


@pytest.mark.parametrize("form", Format)
async def test_what_is_imported_into_another_shop_is_exported_alike(source, shop, owners, form):
    await import_into(source, *owners)
    assert await import_book(source, *FILE) == (ImportSummary(created=len(FILE)), [])
    content = await exported(source, AddressExport(), form)

    await import_into(shop, *owners)
    summary, refusals = await import_content(shop, address_import(shop), content, form)

    assert (summary, refusals) == (ImportSummary(created=len(FILE)), [])
    assert await exported(shop, AddressExport(), form) == content
    again, _ = await import_content(shop, address_import(shop), content, form)
    assert again == ImportSummary(unchanged=len(FILE))


async def test_an_export_has_who_is_default_and_is_noted(shop, owners):
    await import_into(shop, *owners)
    file = [address(1, is_default_billing="true"), address(2, is_default_shipping="true")]
    await import_book(shop, *file)

    assert await exported(shop, AddressExport()) == customers_file(*file)

    *_, event = await rows(shop, AuditEventRow)
    assert (event.action, event.fields) == (
        "address.file_exported",
        ",".join(AddressExport.columns),
    )


async def test_removed_addresses_and_those_of_anonymized_customers_are_left_out(shop, owners):
    await import_into(shop, *owners)
    await import_book(shop, address(1), address(2), address(3, owner=2))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    other = await shop.session("DE--2", "person.2@shop.example", PASSWORD)
    uuid = address(1)["address_uuid"]

    await shop.call("DELETE", f"/customers/DE--1/addresses/{uuid}", by=account)
    await shop.call("DELETE", "/customers/DE--2", by=other)

    assert await exported(shop, AddressExport()) == customers_file(address(2))
    exporter = Exporter(AddressExport(), units=shop.container.units, clock=shop.clock)
    assert await exporter.count() == 1
