import pytest

from customer_api.customers.models import CustomerRow
from customer_api.transfers.report import ImportSummary, Refusal
from tests.tables import rows
from tests.transfers.conftest import exported, import_into
from tests.transfers.files import PASSWORD, customer
from tests.transfers.kinds import EXPORTS, erasure, import_rows_of


async def test_who_was_erased_elsewhere_is_an_empty_row_that_no_file_revives(shop, import_rows):
    await import_rows_of(shop, "erasures", erasure(1))

    summary, (refusal,) = await import_rows(customer(1))

    (row,) = await rows(shop, CustomerRow)
    assert (summary, refusal.reason) == (
        ImportSummary(refused=1),
        "the customer was anonymized and is never revived",
    )
    assert row.email.endswith("@anonymized.invalid")
    assert (row.first_name, row.registered_at, row.updated_at) == (None, None, row.anonymized_at)


async def test_an_erasure_here_is_not_lost_where_the_file_goes(source, shop):
    await import_into(source, customer(1), customer(2))
    account = await source.session("DE--1", "person.1@shop.example", PASSWORD)
    await source.call("DELETE", "/customers/DE--1", by=account)
    (header, line) = (await exported(source, EXPORTS["erasures"])).decode().splitlines()
    row = dict(zip(header.split(","), line.split(","), strict=True))

    await import_rows_of(shop, "erasures", row)
    summary, _ = await import_into(shop, customer(1), customer(2))

    assert row["created"] == "2020-06-24"
    assert summary == ImportSummary(created=1, refused=1)


async def test_an_import_erases_nobody(shop, import_rows):
    await import_rows(customer(1))

    summary, refusals = await import_rows_of(shop, "erasures", erasure(1), erasure(2))

    reason = "the customer is not anonymized here, and an import erases nobody"
    assert summary == ImportSummary(created=1, refused=1)
    assert refusals == [Refusal(2, "DE--1", reason)]


async def test_a_sequence_goes_on_after_references_of_the_erased(open_shop):
    shop = await open_shop(reference_strategy="sequence")
    await import_rows_of(shop, "erasures", erasure(34))

    assert (await shop.register()).json()["data"]["id"] == "DE--35"


@pytest.mark.parametrize("changes", [{"anonymized": ""}, {"customer_reference": ""}])
async def test_reference_and_time_are_needed(shop, changes):
    summary, _ = await import_rows_of(shop, "erasures", erasure(1, **changes))

    assert summary == ImportSummary(refused=1)
