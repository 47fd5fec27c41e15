import pytest

from customer_api.groups.models import GroupRow, MemberRow
from customer_api.transfers import importer
from customer_api.transfers.importer import LOST_RACE
from customer_api.transfers.members import importing as members
from customer_api.transfers.report import ImportSummary, Refusal
from tests.shop import START
from tests.tables import rows
from tests.transfers.files import PASSWORD, customer
from tests.transfers.kinds import group, import_rows_of, member

UNNAMED = {"group_uuid": ""}


@pytest.fixture
async def owners(import_rows):
    await import_rows(customer(1), customer(2))


async def names(shop):
    return [(row.name, row.name_key, row.description) for row in await rows(shop, GroupRow)]


async def test_a_group_is_changed_by_its_uuid_even_its_name(shop):
    await import_rows_of(shop, "groups", group(1))
    shop.clock.advance(days=1)

    summary, _ = await import_rows_of(shop, "groups", group(1, group_name="VIP", description="x"))

    (row,) = await rows(shop, GroupRow)
    assert summary == ImportSummary(updated=1)
    assert (row.name, row.name_key, row.description) == ("VIP", "vip", "x")
    assert (row.created_at, row.updated_at, row.version) == (START, shop.clock.now(), 2)


async def test_a_group_without_a_uuid_is_known_by_its_name_in_any_spelling(shop):
    await import_rows_of(shop, "groups", group(1, description="x"))
    row = {"group_name": "GROUP 1"}

    summary, _ = await import_rows_of(shop, "groups", row)
    again, _ = await import_rows_of(shop, "groups", row)

    assert (summary, again) == (ImportSummary(updated=1), ImportSummary(unchanged=1))
    assert await names(shop) == [("GROUP 1", "group 1", "x")]


async def test_a_new_group_without_a_uuid_gets_one(shop):
    summary, _ = await import_rows_of(shop, "groups", {"group_name": "VIP"})

    (row,) = await rows(shop, GroupRow)
    assert (summary.created, len(row.uuid), row.description) == (1, 36, None)


async def test_no_two_groups_have_the_same_name(shop):
    await import_rows_of(shop, "groups", group(1), group(2))

    summary, refusals = await import_rows_of(
        shop, "groups", group(3, group_name="group 1"), group(2, group_name="GROUP 1"), group(4)
    )

    assert summary == ImportSummary(created=1, refused=2)
    assert refusals == [
        Refusal(2, None, "another group has the name"),
        Refusal(3, None, "another group has the name"),
    ]


async def test_a_name_that_was_given_up_is_free_for_the_next_row(shop):
    await import_rows_of(shop, "groups", group(1), group(2))

    summary, _ = await import_rows_of(
        shop, "groups", group(1, group_name="New"), group(2, group_name="Group 1")
    )

    assert summary == ImportSummary(updated=2)
    assert [name for name, *_ in await names(shop)] == ["New", "Group 1"]


@pytest.mark.parametrize("before", [[], [group(1)]])
async def test_rows_with_one_uuid_count_one_after_the_other(shop, before):
    for row in before:
        await import_rows_of(shop, "groups", row)

    summary, refusals = await import_rows_of(
        shop, "groups", group(1, group_name="New"), group(1, group_name="Newer")
    )

    assert (summary.created, summary.updated) == ((0, 2) if before else (1, 1))
    assert refusals == []
    assert [name for name, *_ in await names(shop)] == ["Newer"]


async def test_groups_with_bad_cells_are_refused(shop):
    _, refusals = await import_rows_of(
        shop,
        "groups",
        group(1, group_name=""),
        group(2, group_name="x" * 71),
        group(3, description="x" * 256),
        group(4, group_uuid="4"),
    )

    assert [it.reason for it in refusals] == [
        "group_name: must not be empty",
        "group_name: more than 70 characters",
        "description: more than 255 characters",
        "group_uuid: not a UUID",
    ]


@pytest.mark.usefixtures("owners")
async def test_members_are_added_once_and_keep_their_time(shop):
    await import_rows_of(shop, "groups", group(1))
    await import_rows_of(shop, "members", member(1, 1), member(1, 2, added=""))
    shop.clock.advance(days=1)

    summary, _ = await import_rows_of(
        shop, "members", member(1, 1, added=""), member(1, 2, group_name="GROUP 1")
    )

    assert summary == ImportSummary(unchanged=2)
    added = [row.added_at.isoformat() for row in await rows(shop, MemberRow)]
    assert added == ["2020-06-24T00:00:00+00:00", START.isoformat()]


@pytest.mark.usefixtures("owners")
async def test_a_member_of_an_unknown_group_is_refused(shop):
    summary, refusals = await import_rows_of(shop, "members", member(1, 1))

    assert summary == ImportSummary(refused=1)
    assert refusals == [Refusal(2, "DE--1", "no group has this name")]


@pytest.mark.usefixtures("owners")
async def test_a_member_that_comes_again_begins_a_new_batch(shop, monkeypatch):
    monkeypatch.setattr(importer, "BATCH", 10)
    await import_rows_of(shop, "groups", group(1))

    summary, _ = await import_rows_of(shop, "members", member(1, 1), member(1, 1))

    assert summary == ImportSummary(created=1, unchanged=1)


@pytest.mark.usefixtures("owners")
async def test_a_writer_in_between_costs_the_row_it_collides_with(shop, monkeypatch):
    await import_rows_of(shop, "groups", group(1))
    await import_rows_of(shop, "members", member(1, 1))
    found_none = members._STORED.where(MemberRow.group_id < 0)  # noqa: SLF001 - as before it was there
    monkeypatch.setattr(members, "_STORED", found_none)

    summary, (refusal,) = await import_rows_of(shop, "members", member(1, 1), member(1, 2))

    assert (summary, refusal.reason) == (ImportSummary(created=1, refused=1), LOST_RACE)


@pytest.mark.usefixtures("owners")
async def test_an_erasure_takes_members_out_for_good(shop):
    await import_rows_of(shop, "groups", group(1))
    await import_rows_of(shop, "members", member(1, 1))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)

    await shop.call("DELETE", "/customers/DE--1", by=account)
    summary, _ = await import_rows_of(shop, "members", member(1, 1))

    assert summary == ImportSummary(refused=1)
    assert await rows(shop, MemberRow) == []
