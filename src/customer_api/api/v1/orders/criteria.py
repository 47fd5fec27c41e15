"""What a query asks of a history of orders: filters, sorting and page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from customer_api.api import openapi
from customer_api.jsonapi import moments
from customer_api.jsonapi.links import Paging
from customer_api.jsonapi.query import Page, Query, QueryInvalid
from customer_api.orders.search import FoundOrders, OrderSearch, Sort

MOST: Final = 1000
"""Orders in one answer; who has more finds links to the others."""

SEARCH: Final = "orders.search"
PLACED_FROM: Final = "orders.placedFrom"
PLACED_TO: Final = "orders.placedTo"
STATE: Final = "orders.state"
FILTERS: Final = {
    SEARCH: "Piece of an order reference, or of a name or SKU of an item.",
    PLACED_FROM: "Day or moment by ISO 8601, included.",
    PLACED_TO: "Day or moment by ISO 8601, included.",
    STATE: "The whole state.",
}
_FIELDS: Final = [name for field in Sort for name in (field, f"-{field}")]


def parameters() -> dict[str, Any]:
    """Return what OpenAPI says of the query of a history, as `openapi_extra`."""
    described = (
        *((f"filter[{name}]", text, openapi.STRING) for name, text in FILTERS.items()),
        ("sort", "With `-` descending.", {"enum": _FIELDS, "default": f"-{Sort.PLACED_AT}"}),
        ("page[offset]", "Together with the limit only.", openapi.INTEGER | {"minimum": 0}),
        ("page[limit]", f"At most {MOST} are shown.", openapi.INTEGER | {"minimum": 1}),
    )
    return {"parameters": [openapi.query_parameter(*it) for it in described]}


def search_of(query: Query) -> OrderSearch:
    """Return which orders a query asks for; an empty filter is none, the first sort field counts.

    Raises:
        QueryInvalid: a filter or sort field that the history does not have, or no moment.
    """
    if not query.filters.keys() <= FILTERS.keys():
        raise QueryInvalid("an unknown filter")
    field = query.sort[0] if query.sort else f"-{Sort.PLACED_AT}"
    if field not in _FIELDS:
        raise QueryInvalid("an unknown sort field")
    return OrderSearch(
        text=query.filters.get(SEARCH) or None,
        placed_from=_moment(query.filters.get(PLACED_FROM), moments.moment),
        placed_before=_moment(query.filters.get(PLACED_TO), moments.moment_behind),
        state=query.filters.get(STATE) or None,
        sort=Sort(field.removeprefix("-")),
        is_descending=field.startswith("-"),
    )


def page_of(query: Query) -> Page:
    """Return the page that is asked for: everything by default, and never more than `MOST`."""
    if query.page is None:
        return Page(offset=0, limit=MOST)
    return Page(query.page.offset, min(query.page.limit, MOST))


def paging_of(query: Query, page: Page, found: FoundOrders) -> Paging | None:
    """Return where a page stands in the list; None when nobody asked, and it is the whole list."""
    if query.page is None and found.total <= page.limit:
        return None
    return Paging(page.offset, page.limit, found.total)


def _moment(text: str | None, parse: Callable[[str], datetime]) -> datetime | None:
    try:
        return parse(text) if text else None
    except ValueError as error:
        raise QueryInvalid("no moment") from error
