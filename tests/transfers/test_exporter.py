import io

import pytest

from customer_api.audit.models import AuditEventRow
from customer_api.transfers import exporter
from customer_api.transfers.customers.export import CustomerExport
from customer_api.transfers.exporter import Exporter
from customer_api.transfers.rows import Format
from customer_api.transfers.writers import open_writer
from tests.shop import START
from tests.tables import rows
from tests.transfers.files import customer


@pytest.fixture
def export(shop):
    kind = CustomerExport(has_passwords=False)
    return Exporter(kind, units=shop.container.units, clock=shop.clock)


def writer():
    return open_writer(io.BytesIO(), Format.CSV, CustomerExport.columns)


async def test_pages_follow_each_other_until_the_last(import_rows, export, monkeypatch):
    monkeypatch.setattr(exporter, "PAGE", 2)
    await import_rows(*(customer(number) for number in range(5)))
    pages = []

    written = await export.run(writer(), pages.append)

    assert (await export.count(), written, pages) == (5, 5, [2, 2, 1])


async def test_an_empty_shop_makes_a_file_without_rows(export):
    assert await export.run(writer()) == 0


async def test_an_export_is_noted_even_when_it_fails(shop, import_rows, export):
    class Full:
        def write(self, _rows):
            raise OSError

    await import_rows(customer(1))
    with pytest.raises(OSError):  # noqa: PT011 - it is the one above
        await export.run(Full())

    *_, event = await rows(shop, AuditEventRow)
    assert (event.actor_kind, event.actor, event.at) == ("command_line", "", START)
    assert (event.action, event.subject) == ("customer.file_exported", "")
    assert "email" in event.fields.split(",")
