"""The table of tokens and events is what the page says."""

from pathlib import Path

import pytest

from tests.tokens.events import EVENTS, PAGE_HEAD, rows_of, with_rows

PAGE = Path(__file__).parents[2] / "docs" / "token-events.md"


@pytest.fixture
async def two_workers(open_shop):
    """Two applications on one database, with one clock and one mailbox to look into."""
    same = await open_shop()
    return same, await open_shop(clock=same.clock)


@pytest.mark.contract("auth-10")
@pytest.mark.promise("G3", "S30", "S31", "S32")
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name.split(" (")[0])
async def test_every_worker_knows_at_once_what_a_token_is_worth(two_workers, event, pytestconfig):
    rows = await rows_of(event, *two_workers)

    if pytestconfig.getoption("--write-token-events"):  # pragma: no cover - `make generate`
        PAGE.write_text(with_rows(PAGE.read_text("utf-8"), event, rows), "utf-8")
    assert [row for row in PAGE.read_text("utf-8").splitlines() if row in rows] == rows


def test_writing_the_page_again_changes_nothing():
    page = PAGE.read_text("utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| nothing | ")]

    assert with_rows(page, EVENTS[0], rows) == page


def test_the_page_has_every_event_and_nothing_else():
    page = PAGE.read_text("utf-8")
    rows = [row for row in page.removeprefix(PAGE_HEAD).splitlines() if row]

    assert page.startswith(PAGE_HEAD)
    assert [row.split(" | ")[0] for row in rows] == [f"| {it.name}" for it in EVENTS for _ in "123"]
