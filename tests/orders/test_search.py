"""How orders are found: by the index of the customer or of guests, whatever is asked for."""

import contextlib
from datetime import UTC, datetime, timedelta
from itertools import combinations
from types import SimpleNamespace

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import NoResultFound

from customer_api.core.errors import AppError
from customer_api.core.ids import CustomerId
from customer_api.orders import guests
from customer_api.orders.models import OrderRow
from customer_api.orders.search import OrderSearch, Sort, find_page
from tests.order_system import order_values
from tests.plans import explain

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
FILTERS = {"text": "camera", "placed_from": MOMENT, "placed_before": MOMENT, "state": "new"}
CHOICES = [dict(it) for size in range(5) for it in combinations(FILTERS.items(), size)]
INDEX = "ix_orders_customer_id_placed_at_id"


def claim(connection):
    guests.claim(connection, SimpleNamespace(id=1, email_key="a@b.example"), most=9, now=MOMENT)


def forget(connection):
    guests.forget(connection, {"a@b.example", "b@b.example"}, registered=CustomerId(1), now=MOMENT)


def purge(connection):
    guests.purge(connection, MOMENT, 9, now=MOMENT)


class Enough(AppError):
    """Rolls back what PostgreSQL would remember."""


def fill(connection):
    """Let PostgreSQL know orders of many guests, and not the rows of other tests, by which it plans."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("TRUNCATE orders"))
        values = [
            order_values(None, MOMENT + timedelta(hours=number))
            | {"guest_email_key": f"{number}@b.example", "reference": f"DE--{number}"}
            | {"created_at": MOMENT, "updated_at": MOMENT, "version": 1}
            for number in range(1000)
        ]
        connection.execute(insert(OrderRow), values)
        connection.execute(text("ANALYZE orders"))


def find(connection, search):
    with contextlib.suppress(NoResultFound):  # the plan of the count is no count
        find_page(connection, CustomerId(1), search, offset=20, limit=20)


@pytest.mark.parametrize("sort", Sort)
async def test_page_and_count_go_by_the_index_of_the_customer(units, sort):
    for filters in CHOICES:
        for is_descending in (True, False):
            search = OrderSearch(**filters, sort=sort, is_descending=is_descending)

            plan = await units.write(
                lambda it, search=search: explain(it, lambda it: find(it, search))
            )

            assert plan.count(INDEX) == 2, (search, plan)
            assert "uq_orders_reference" not in plan, (search, plan)
            if sort is Sort.PLACED_AT:
                assert "Sort" not in plan, (search, plan)
                assert "TEMP B-TREE" not in plan, (search, plan)


@pytest.mark.parametrize("text", ["x" * 50_000, "\ufdfa" * 2000, "%" * 5000])
async def test_a_text_that_no_name_can_have_finds_nothing(units, text):
    search = OrderSearch(text=text)

    found = await units.read(lambda it: find_page(it, CustomerId(1), search, offset=0, limit=20))

    assert (found.entries, found.total) == ((), 0)


@pytest.mark.parametrize(
    ("work", "index"),
    [
        (claim, "ix_orders_guests_guest_email_key"),
        (forget, "ix_orders_guests_guest_email_key"),
        (purge, "ix_orders_guests_placed_at"),
    ],
)
async def test_orders_of_guests_are_found_by_an_index_of_their_own(units, work, index):
    plans = []

    def look(connection):
        fill(connection)
        plans.append(explain(connection, work))
        raise Enough

    with pytest.raises(Enough):
        await units.write(look)

    assert index in plans[0]
