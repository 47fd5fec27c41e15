import pytest

from customer_api.notes.models import NoteRow
from customer_api.transfers.notes import importing
from customer_api.transfers.report import ImportSummary, Refusal
from tests.shop import START
from tests.tables import rows
from tests.transfers.conftest import exported
from tests.transfers.files import PASSWORD, customer
from tests.transfers.kinds import EXPORTS, import_rows_of, note

FOREVER = "a note is never changed, and this one is another"


@pytest.fixture(autouse=True)
async def owners(import_rows):
    await import_rows(customer(1), customer(2))


async def test_a_note_of_nobody_is_the_command_lines_and_of_now(shop):
    await import_rows_of(shop, "notes", {"customer_reference": "DE--1", "text": "Call\nlater"})

    (row,) = await rows(shop, NoteRow)
    assert (row.text, row.author_kind, row.author) == ("Call\nlater", "command_line", "")
    assert row.created_at == START


async def test_a_note_is_never_changed(shop):
    await import_rows_of(shop, "notes", note(1))

    summary, refusals = await import_rows_of(
        shop, "notes", note(1, text="Another"), note(2), note(1, owner=2)
    )

    assert summary == ImportSummary(created=1, refused=2)
    assert refusals == [Refusal(2, "DE--1", FOREVER), Refusal(4, "DE--2", FOREVER)]
    assert [row.text for row in await rows(shop, NoteRow)] == ["Note 1", "Note 2"]


@pytest.mark.parametrize("created", ["", "2020-06-24T10:11:12Z"])
async def test_notes_without_a_uuid_are_known_by_what_they_say(shop, created):
    unnamed = {"note_uuid": "", "created": created}
    file = [note(1, **unnamed), note(1, **unnamed), note(1, owner=2, **unnamed)]
    await import_rows_of(shop, "notes", *file)

    summary, _ = await import_rows_of(shop, "notes", *file)

    assert summary == ImportSummary(unchanged=3)
    assert len(await rows(shop, NoteRow)) == 2


async def test_of_a_customers_notes_only_those_are_read_that_say_the_same(shop, monkeypatch):
    await import_rows_of(shop, "notes", *(note(number) for number in range(1, 9)))
    read = []
    add = importing._Known.add  # noqa: SLF001 - it is given all that is read
    monkeypatch.setattr(
        importing._Known,  # noqa: SLF001 - as above
        "add",
        lambda known, it: (read.append(it["text"]), add(known, it)),
    )

    await import_rows_of(shop, "notes", note(3, note_uuid=""))

    assert read == ["Note 3"]


async def test_the_same_words_at_another_time_are_another_note(shop):
    await import_rows_of(shop, "notes", note(1))

    summary, _ = await import_rows_of(shop, "notes", note(1, note_uuid="", created="2020-06-25"))

    assert summary == ImportSummary(created=1)


async def test_notes_with_bad_cells_are_refused(shop):
    _, refusals = await import_rows_of(
        shop,
        "notes",
        note(1, text=""),
        note(2, text="x" * 10_001),
        note(3, author="grace@shop.example"),
        note(4, author_kind="customer"),
    )

    assert [it.reason for it in refusals] == [
        "text: must not be empty",
        "text: more than 10000 characters",
        "author: not a UUID",
        "author_kind: must be empty or one of operator, client, command_line",
    ]


async def test_notes_about_anonymized_customers_are_left_out(shop):
    await import_rows_of(shop, "notes", note(1), note(2, owner=2))
    account = await shop.session("DE--1", "person.1@shop.example", PASSWORD)
    await shop.call("DELETE", "/customers/DE--1", by=account)

    content = (await exported(shop, EXPORTS["notes"])).decode()

    assert "Note 1" not in content
    assert "Note 2" in content
