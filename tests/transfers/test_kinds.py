"""What holds for files of all kinds."""

import pytest

from customer_api.audit.models import AuditEventRow
from customer_api.transfers.groups.importing import GroupImport
from customer_api.transfers.report import ImportSummary
from customer_api.transfers.rows import Format
from tests.tables import rows
from tests.transfers.conftest import all_but_events, exported, import_content
from tests.transfers.files import customers_file
from tests.transfers.kinds import (
    EXAMPLES,
    EXPORTS,
    add_newsletter,
    import_rows_of,
    importing,
)


async def fill(shop):
    await add_newsletter(shop)
    for name, examples in EXAMPLES.items():
        summary, refusals = await import_rows_of(shop, name, *examples)
        assert (name, summary, refusals) == (name, ImportSummary(created=len(examples)), [])


@pytest.mark.parametrize("name", EXPORTS)
async def test_an_export_has_the_columns_of_an_import(shop, name):
    assert importing(shop, name).columns.names == EXPORTS[name].columns
    assert importing(shop, name).columns.literal == EXPORTS[name].literal


async def test_a_second_run_changes_nothing(shop):
    await fill(shop)
    before = await all_but_events(shop)
    shop.clock.advance(days=1)

    summaries = [
        (await import_rows_of(shop, name, *examples))[0] for name, examples in EXAMPLES.items()
    ]

    assert summaries == [ImportSummary(unchanged=len(it)) for it in EXAMPLES.values()]
    assert await all_but_events(shop) == before


@pytest.mark.parametrize("form", Format)
async def test_what_is_imported_into_an_empty_shop_is_exported_alike(source, shop, form):
    await fill(source)
    await add_newsletter(shop)

    for name, kind in EXPORTS.items():
        content = await exported(source, kind, form)
        summary, refusals = await import_content(shop, importing(shop, name), content, form)
        assert (name, summary.created, refusals) == (name, len(EXAMPLES[name]), [])

    for name, kind in EXPORTS.items():
        content = await exported(shop, kind, form)
        assert content == await exported(source, kind, form)
        summary, _ = await import_content(shop, importing(shop, name), content, form)
        assert (name, summary) == (name, ImportSummary(unchanged=len(EXAMPLES[name])))


@pytest.mark.parametrize("name", EXPORTS)
async def test_pages_of_one_row_come_to_the_same(shop, name, monkeypatch):
    await fill(shop)
    content = await exported(shop, EXPORTS[name])
    monkeypatch.setattr("customer_api.transfers.exporter.PAGE", 1)

    assert await exported(shop, EXPORTS[name]) == content


async def test_every_export_is_noted(shop):
    for kind in EXPORTS.values():
        await exported(shop, kind)

    assert [event.action for event in await rows(shop, AuditEventRow)] == [
        "erasure.file_exported",
        "customer.file_exported",
        "address.file_exported",
        "group.file_exported",
        "group_member.file_exported",
        "note.file_exported",
        "newsletter.file_exported",
        "order.file_exported",
    ]


async def test_every_import_is_noted(shop):
    await fill(shop)
    await import_content(
        shop, importing(shop, "groups"), b'{"group_name": "Other"}\n', Format.NDJSON
    )

    *events, last = await rows(shop, AuditEventRow)
    assert [event.action for event in events] == [
        "erasure.file_imported",
        "customer.file_imported",
        "address.file_imported",
        "group.file_imported",
        "group_member.file_imported",
        "note.file_imported",
        "newsletter.file_imported",
        "order.file_imported",
    ]
    assert [event.fields for event in events] == [",".join(it[0]) for it in EXAMPLES.values()]
    assert {(it.actor_kind, it.actor, it.subject, it.at) for it in events} == {
        ("command_line", "", "", shop.clock.now())
    }
    assert last.fields == "group_uuid,group_name,description"


async def test_a_dry_run_is_no_import(shop):
    kind = importing(shop, "groups")
    content = customers_file(*EXAMPLES["groups"])

    await import_content(shop, kind, content, is_dry_run=True)

    assert not await rows(shop, AuditEventRow)


async def test_an_import_is_noted_before_its_first_batch(shop, monkeypatch):
    def fail(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(GroupImport, "write", fail)
    with pytest.raises(ZeroDivisionError):
        await import_rows_of(shop, "groups", *EXAMPLES["groups"])

    (event,) = await rows(shop, AuditEventRow)
    assert event.action == "group.file_imported"


@pytest.mark.parametrize(
    "name", [it for it in EXPORTS if it not in {"erasures", "groups", "orders"}]
)
async def test_nothing_is_added_to_who_was_anonymized(shop, name):
    await import_rows_of(shop, "erasures", *(EXAMPLES["erasures"]))
    await import_rows_of(shop, "groups", *EXAMPLES["groups"])
    before = await all_but_events(shop)

    summary, (refusal,) = await import_rows_of(
        shop, name, EXAMPLES[name][0] | {"customer_reference": "DE--90"}
    )

    assert (summary.refused, refusal.reference) == (1, "DE--90")
    assert refusal.reason == "the customer was anonymized and is never revived"
    assert await all_but_events(shop) == before


@pytest.mark.parametrize("name", ["addresses", "members", "notes", "subscriptions", "orders"])
async def test_an_unknown_customer_costs_the_row(shop, name):
    await import_rows_of(shop, "groups", *EXAMPLES["groups"])

    summary, (refusal,) = await import_rows_of(shop, name, EXAMPLES[name][0])

    assert (summary, refusal.reason) == (
        ImportSummary(refused=1),
        "no customer has this reference",
    )
