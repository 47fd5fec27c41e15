import pytest

from customer_api.addresses.models import AddressRow
from customer_api.customers.models import CustomerRow
from customer_api.transfers import importer
from customer_api.transfers.addresses import statements
from customer_api.transfers.importer import LOST_RACE
from customer_api.transfers.report import ImportSummary, Refusal
from tests.shop import START
from tests.tables import rows
from tests.transfers.conftest import all_but_events
from tests.transfers.files import PASSWORD, address, customer

UNNAMED = {"address_uuid": "", "is_default_billing": "", "is_default_shipping": ""}


@pytest.fixture(autouse=True)
async def owners(import_rows):
    await import_rows(customer(1), customer(2))


async def book(shop):
    return [row._asdict() for row in await rows(shop, AddressRow)]


async def defaults(shop, owner=1):
    """Return the uuids of both defaults."""
    uuids = {row.id: row.uuid for row in await rows(shop, AddressRow)} | {None: None}
    row = (await rows(shop, CustomerRow))[owner - 1]
    return uuids[row.default_billing_address_id], uuids[row.default_shipping_address_id]


async def log_in(shop):
    return await shop.session("DE--1", "person.1@shop.example", PASSWORD)


async def test_an_address_comes_with_everything_in_the_file(shop, import_addresses):
    summary, refusals = await import_addresses(address(1))

    (row,) = await book(shop)
    assert (summary, refusals) == (ImportSummary(created=1), [])
    assert row == {
        "id": row["id"],
        "uuid": "00000000-0000-4000-8000-000000000001",
        "customer_id": (await rows(shop, CustomerRow))[0].id,
        "salutation": "Ms",
        "first_name": "Ada",
        "last_name": "Example",
        "address1": "Example Street",
        "address2": "1",
        "address3": None,
        "zip_code": "10115",
        "city": "Berlin",
        "country_code": "DE",
        "company": None,
        "phone": "030-1234",
        "comment": None,
        "created_at": START,
        "updated_at": START,
        "deleted_at": None,
        "version": 1,
    }
    assert await defaults(shop) == (None, None)


async def test_the_owner_finds_it_in_the_book(shop, import_addresses):
    await import_addresses(address(1, is_default_billing="true"))
    account = await log_in(shop)

    answer = await shop.call("GET", "/customers/DE--1/addresses", by=account)

    (found,) = answer.json()["data"]
    assert found["id"] == "00000000-0000-4000-8000-000000000001"
    assert found["attributes"]["isDefaultBilling"] is True
    assert found["attributes"]["country"] == "Germany"


@pytest.mark.parametrize("changes", [{}, UNNAMED])
async def test_a_second_run_changes_nothing(shop, import_addresses, changes):
    file = [address(1, **changes), address(2, owner=2, **changes), address(3, **changes)]
    await import_addresses(*file)
    before = await all_but_events(shop)
    shop.clock.advance(days=1)

    summary, _ = await import_addresses(*file)

    assert summary == ImportSummary(unchanged=3)
    assert await all_but_events(shop) == before


async def test_a_changed_row_changes_its_address_alone(shop, import_addresses):
    await import_addresses(address(1), address(2))
    first, second = await book(shop)
    shop.clock.advance(days=1)

    summary, _ = await import_addresses(address(1, city="Köln"), address(2))

    changes = {"city": "Köln", "updated_at": shop.clock.now(), "version": 2}
    assert summary == ImportSummary(updated=1, unchanged=1)
    assert await book(shop) == [first | changes, second]


@pytest.mark.parametrize("batch", [1, importer.BATCH])
async def test_rows_without_a_uuid_are_compared_with_what_rows_before_them_made(
    shop, import_addresses, monkeypatch, batch
):
    monkeypatch.setattr(importer, "BATCH", batch)
    await import_addresses(address(1, city="Bonn"))
    rows_without = [address(1, city=city) | UNNAMED for city in ("Bonn", "Köln")]

    summary, _ = await import_addresses(address(1, city="Köln"), *rows_without)

    assert [it["city"] for it in await book(shop)] == ["Köln", "Bonn"]
    assert summary == ImportSummary(created=1, updated=1, unchanged=1)


async def test_of_addresses_that_are_alike_the_oldest_counts(shop, import_addresses):
    await import_addresses(address(1), address(9, is_default_billing="true"))

    await import_addresses(address(2), address(1) | UNNAMED | {"is_default_billing": "true"})

    assert (await defaults(shop))[0] == address(1)["address_uuid"]


async def test_what_the_file_has_no_column_for_stays(shop, import_addresses):
    await import_addresses(address(1, is_default_billing="true"))
    row = {name: address(1)[name] for name in ("address_uuid", "customer_reference")}

    summary, _ = await import_addresses({**row, "city": "Köln"})

    (stored,) = await book(shop)
    assert summary == ImportSummary(updated=1)
    assert (stored["city"], stored["zip_code"]) == ("Köln", "10115")
    assert (await defaults(shop))[0] == stored["uuid"]


async def test_rows_without_a_uuid_that_are_alike_are_one_address(shop, import_addresses):
    summary, _ = await import_addresses(address(1, **UNNAMED), address(1, **UNNAMED))

    assert summary == ImportSummary(created=1, unchanged=1)
    assert len(await book(shop)) == 1


async def test_an_address_without_a_uuid_is_the_oldest_that_is_there(shop, import_addresses):
    same = {"address2": "7"}
    await import_addresses(*(address(number, **same) for number in (1, 2, 3)))
    account = await log_in(shop)
    await shop.call(
        "DELETE", f"/customers/DE--1/addresses/{address(1)['address_uuid']}", by=account
    )

    await import_addresses(address(9, **same | UNNAMED | {"is_default_billing": "true"}))

    assert (await defaults(shop))[0] == address(2)["address_uuid"]


@pytest.mark.parametrize("changes", [{}, UNNAMED])
async def test_a_removed_address_is_never_revived(shop, import_addresses, changes):
    await import_addresses(address(1, **changes))
    account = await log_in(shop)
    (row,) = await book(shop)
    await shop.call("DELETE", f"/customers/DE--1/addresses/{row['uuid']}", by=account)
    before = await book(shop)

    summary, (refusal,) = await import_addresses(address(1, **changes))

    assert summary == ImportSummary(refused=1)
    assert refusal.reason == "the address was removed and is never revived"
    assert await book(shop) == before


async def test_the_addresses_of_an_anonymized_customer_are_never_revived(shop, import_addresses):
    await import_addresses(address(1))
    await shop.call("DELETE", "/customers/DE--1", by=await log_in(shop))
    before = await all_but_events(shop)

    summary, refusals = await import_addresses(
        address(1), address(2, **UNNAMED), address(1, owner=2)
    )

    assert summary == ImportSummary(refused=3)
    assert [it.reason for it in refusals] == [
        "the customer was anonymized and is never revived",
        "the customer was anonymized and is never revived",
        "the address belongs to another customer",
    ]
    assert await all_but_events(shop) == before


async def test_refused_rows_leave_the_others_alone(shop, import_addresses):
    await import_addresses(address(1))

    summary, refusals = await import_addresses(
        address(1, owner=2), address(2, owner=9), address(3), address(4, city="x" * 256)
    )

    assert summary == ImportSummary(created=1, refused=3)
    assert refusals == [
        Refusal(2, "DE--2", "the address belongs to another customer"),
        Refusal(3, "DE--9", "no customer has this reference"),
        Refusal(5, "DE--1", "city: more than 255 characters"),
    ]


async def test_a_new_address_of_nothing_is_refused(import_addresses):
    row = {name: address(1)[name] for name in ("address_uuid", "customer_reference")}

    _, (refusal,) = await import_addresses(row)

    assert refusal.reason == "the address is empty"


async def test_defaults_are_those_of_the_file(shop, import_addresses):
    first, second = address(1)["address_uuid"], address(2)["address_uuid"]
    await import_addresses(
        address(1, is_default_billing="true"), address(2, is_default_shipping="true")
    )
    before = await defaults(shop)

    summary, _ = await import_addresses(
        address(1, is_default_shipping="true"), address(2, is_default_billing="true")
    )

    assert (before, await defaults(shop)) == ((first, second), (second, first))
    assert summary == ImportSummary(updated=2)
    row, _ = await rows(shop, CustomerRow)
    assert row.version == 3


async def test_a_default_can_be_taken_away(shop, import_addresses):
    await import_addresses(address(1, is_default_billing="true", is_default_shipping="true"))

    summary, _ = await import_addresses(address(1, is_default_shipping="true"))

    assert summary == ImportSummary(updated=1)
    assert await defaults(shop) == (None, address(1)["address_uuid"])


async def test_where_the_file_does_not_say_new_addresses_fill_gaps(shop, import_addresses):
    unsaid = {"is_default_billing": "", "is_default_shipping": ""}
    file = [address(1, **unsaid), address(2, **unsaid)]
    await import_addresses(*file)
    before = await all_but_events(shop)

    summary, _ = await import_addresses(*file)

    assert await defaults(shop) == (address(1)["address_uuid"],) * 2
    assert summary == ImportSummary(unchanged=2)
    assert await all_but_events(shop) == before


async def test_batches_follow_each_other(shop, import_addresses, monkeypatch):
    monkeypatch.setattr(importer, "BATCH", 2)

    summary, _ = await import_addresses(
        *(address(number) for number in range(1, 6)), address(1, city="Köln")
    )

    assert summary == ImportSummary(created=5, updated=1)
    assert [row["uuid"] for row in await book(shop)] == [
        address(number)["address_uuid"] for number in range(1, 6)
    ]


async def test_a_writer_in_between_costs_the_row_it_collides_with(
    shop, import_addresses, monkeypatch
):
    await import_addresses(address(1))
    monkeypatch.setattr(statements, "find_by_uuid", lambda *_: [])

    summary, refusals = await import_addresses(address(2), address(1), address(3))

    assert summary == ImportSummary(created=2, refused=1)
    assert refusals == [Refusal(3, "DE--1", LOST_RACE)]


async def test_a_dry_run_writes_nothing(shop, import_addresses):
    await import_addresses(address(1))
    before = await all_but_events(shop)

    summary, _ = await import_addresses(
        address(1, city="Köln"), address(2), address(3, owner=9), is_dry_run=True
    )

    assert summary == ImportSummary(created=1, updated=1, refused=1)
    assert await all_but_events(shop) == before
