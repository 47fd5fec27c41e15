"""What is exported of customers, and that it can be imported again."""

import pytest

from customer_api.audit.models import AuditEventRow
from customer_api.transfers.customers.columns import customer_columns, parse_hash
from customer_api.transfers.customers.export import CustomerExport
from customer_api.transfers.owners import ANONYMIZED
from customer_api.transfers.report import ImportSummary
from customer_api.transfers.rows import Format
from tests.security import foreign_hashes
from tests.shop import START
from tests.tables import rows
from tests.transfers.conftest import customer_import, exported, import_content, import_into
from tests.transfers.files import BCRYPT, PASSWORD, customer, customers_file

AWKWARD = [
    customer(1, phone="+49 30 1", first_name="=1+1", last_name="'=1", company="@SUM(A1)"),
    customer(2, phone="-1", first_name="'", last_name="''+", company='"a", b', registered=""),
    customer(3, phone="", first_name="a\r\nb", last_name="a\rb", company="\t=1", password=""),
    customer(4, first_name=" ", last_name="李 \u2028\x85", email="'=x@shop.example"),
    customer(5, salutation="", gender="", date_of_birth="", locale_name="", first_name=""),
    customer(6, registered="2020-06-24T10:11:12.250000Z", customer_reference="-x"),
    customer(7, registered="2020-06-24T00:00:00.000001Z", date_of_birth="0001-01-01"),
]


@pytest.fixture
def with_passwords():
    return CustomerExport(has_passwords=True)


def test_the_columns_are_those_of_an_import():
    columns = customer_columns(locales=(), now=START, parse_password=parse_hash)

    assert CustomerExport.columns == columns.names
    assert CustomerExport.literal == columns.literal


async def test_a_file_of_another_shop_comes_out_as_it_went_in(shop, with_passwords):
    content = customers_file(customer(1), customer(2, registered=""), customer(3, password=""))
    await import_content(shop, customer_import(shop), content)

    assert await exported(shop, with_passwords) == content


@pytest.mark.parametrize("form", Format)
async def test_what_is_imported_into_another_shop_is_exported_alike(
    source, shop, with_passwords, form
):
    assert await import_into(source, *AWKWARD) == (ImportSummary(created=len(AWKWARD)), [])
    content = await exported(source, with_passwords, form)

    summary, refusals = await import_content(shop, customer_import(shop), content, form)

    assert (summary.created, refusals) == (len(AWKWARD), [])
    assert await exported(shop, with_passwords, form) == content
    again, _ = await import_content(shop, customer_import(shop), content, form)
    assert again.unchanged == len(AWKWARD)


async def test_hashes_of_all_formats_come_back_as_they_are_stored(source, shop, with_passwords):
    hashes = foreign_hashes.by_format(PASSWORD).values()
    await import_into(source, *(customer(n, password=it) for n, it in enumerate(hashes)))
    content = await exported(source, with_passwords)

    await import_content(shop, customer_import(shop), content)

    assert await exported(shop, with_passwords) == content
    assert (await shop.log_in("person.1@shop.example", PASSWORD)).status_code == 201


async def test_what_customers_typed_here_comes_back(source, shop, with_passwords):
    await source.register(firstName="=HYPERLINK()", lastName="a\nb", phone="+49\t1")
    await source.confirm(await source.mailed_key())
    content = await exported(source, with_passwords)

    await import_content(shop, customer_import(shop), content)

    assert b"'=HYPERLINK()" in content
    assert await exported(shop, with_passwords) == content
    assert (await shop.log_in()).status_code == 201


async def test_hashes_are_left_out_unless_they_are_asked_for(shop, import_rows):
    await import_rows(customer(1))

    content = await exported(shop, CustomerExport(has_passwords=False))

    assert content == customers_file(customer(1, password=""))
    *_, event = await rows(shop, AuditEventRow)
    assert "password" not in event.fields


async def test_hashes_that_were_exported_are_noted(shop, import_rows, with_passwords):
    await import_rows(customer(1))

    assert BCRYPT.encode() in await exported(shop, with_passwords)

    *_, event = await rows(shop, AuditEventRow)
    assert event.fields == ",".join(CustomerExport.columns)


async def test_who_was_anonymized_is_left_out_and_never_revived(shop, import_rows, with_passwords):
    file = [customer(1), customer(2)]
    await import_rows(*file)
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    await shop.call("DELETE", "/customers/DE--1", by=account)

    content = await exported(shop, with_passwords)
    summary, (refusal,) = await import_rows(*file)

    assert content == customers_file(customer(2))
    assert (summary.refused, refusal.reason) == (1, ANONYMIZED)
