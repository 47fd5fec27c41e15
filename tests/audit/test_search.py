"""A page costs the same at any number of events: an index has it in the order of the list."""

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from customer_api.audit.models import Action
from customer_api.audit.search import EventSearch, statement
from customer_api.core.db import open_units
from customer_api.core.keyset import CursorPage
from customer_api.tokens.live_sessions import LiveSessions
from tests.audit.conftest import Trail

ACTION = Action.CUSTOMER_READ
SEARCHES = {
    "at": {},
    "subject": {"subject": "a"},
    "subject ": {"subject": "a", "actor": "b", "action": ACTION},
    "actor": {"actor": "a"},
    "action": {"action": ACTION},
    "actor_action": {"actor": "a", "action": ACTION},
}


@pytest.fixture
async def trail(sqlite_url, clock):
    """A trail in SQLite, which plans by what there could be and not by what there is."""
    units = open_units(sqlite_url, LiveSessions(clock))
    yield Trail(units=units, clock=clock, url=sqlite_url)
    await units.close()


@pytest.mark.parametrize("is_bounded", [False, True])
@pytest.mark.parametrize(
    "page", [CursorPage(5), CursorPage(5, after="x"), CursorPage(5, before="x")]
)
@pytest.mark.parametrize("index", SEARCHES)
async def test_an_index_has_the_page_in_its_order(trail, clock, index, page, is_bounded):
    span = {"since": clock.now(), "until": clock.now()} if is_bounded else {}
    cursor = (clock.now(), 7) if page.cursor else None
    wanted = statement(EventSearch(**SEARCHES[index], **span), page, cursor)
    sql = wanted.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})

    def explain(connection):
        return [row[3] for row in connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))]

    first, *others = await trail.units.read(explain)

    assert f"INDEX ix_audit_events_{index.strip()}" in first
    assert not any("B-TREE" in step or "audit_events USING" in step for step in others)
