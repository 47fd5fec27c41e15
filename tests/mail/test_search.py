"""A page of the outbox costs the same at any number of mails."""

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from customer_api.core.db import open_units
from customer_api.core.keyset import CursorPage
from customer_api.mail.models import PARKED, SENT
from customer_api.mail.search import _ONE, MailSearch, statement
from customer_api.tokens.live_sessions import LiveSessions

SEARCHES = [
    ("PRIMARY KEY", MailSearch()),
    ("INDEX ix_mails_reference", MailSearch("a", "b", PARKED)),
    ("INDEX ix_mails_state", MailSearch(None, None, SENT)),
    ("INDEX ix_mails_state", MailSearch(None, "b", PARKED)),
    ("INDEX ix_mails_template", MailSearch(None, "b", None)),
    ("INDEX ix_mails_template", MailSearch(None, "b", SENT)),
]


@pytest.fixture
async def plan_of(sqlite_url, clock):
    """Return SQLite's plan for a statement; it goes by what there could be, not by what there is."""
    units = open_units(sqlite_url, LiveSessions(clock))

    async def explain(statement):
        sql = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        rows = await units.read(lambda it: it.execute(text(f"EXPLAIN QUERY PLAN {sql}")).all())
        return [row[3] for row in rows]

    yield explain
    await units.close()


@pytest.mark.parametrize(
    "page", [CursorPage(5), CursorPage(5, after="x"), CursorPage(5, before="x")]
)
@pytest.mark.parametrize(("index", "search"), SEARCHES)
async def test_an_index_has_the_page_in_its_order(plan_of, index, search, page):
    cursor = 7 if page.cursor else None

    (only,) = await plan_of(statement(search, page, cursor))

    assert index in only


async def test_an_index_has_the_mail(plan_of):
    (only,) = await plan_of(_ONE.params(of="x"))

    assert "INDEX uq_mails_uuid" in only
