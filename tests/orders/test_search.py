"""How a history is searched: by the customer's index, whatever is asked for."""

import contextlib
from datetime import UTC, datetime
from itertools import combinations

import pytest
from sqlalchemy.exc import NoResultFound

from customer_api.core.ids import CustomerId
from customer_api.orders.search import OrderSearch, Sort, find_page
from tests.plans import explain

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)
FILTERS = {"text": "camera", "placed_from": MOMENT, "placed_before": MOMENT, "state": "new"}
CHOICES = [dict(it) for size in range(5) for it in combinations(FILTERS.items(), size)]
INDEX = "ix_orders_customer_id_placed_at_id"


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
