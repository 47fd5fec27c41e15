"""What a query asks of the list of customers: filters, order and page."""

from typing import Final

from customer_api.addresses.directory import Counting, CustomerList
from customer_api.api.back_office import listing
from customer_api.api.back_office.listing import ListInvalid
from customer_api.customers.models import Status
from customer_api.customers.search.pages import PageRequest, Search, cursor_of
from customer_api.customers.search.shape import Order
from customer_api.customers.service import locale_of
from customer_api.jsonapi.links import CursorPaging
from customer_api.jsonapi.query import Query

DEFAULT_SORT: Final = f"-{Order.CREATED_AT}"
FILTERS: Final = (
    "email",
    "customerReference",
    "firstName",
    "lastName",
    "status",
    "locale",
    "group",
    "createdFrom",
    "createdTo",
    "includeAnonymized",
)
NOTED: Final = (
    "q",
    *(f"filter[{prefix}{name}]" for name in FILTERS for prefix in ("", "customers.")),
)
"""What audit events note of a search: by what, not for whom."""
PARAMETERS: Final = listing.parameters(
    list(Order),
    [f"customers.{name}" for name in FILTERS],
    listing.parameter("q", "Pieces of e-mail address and names, or a whole reference."),
    listing.parameter(listing.COUNT, "Asks for `meta.total`.", {"enum": list(Counting)}),
)
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


def search_of(query: Query) -> Search:
    """Return which customers a query asks for.

    Raises:
        ListInvalid: an unknown filter, or a value that it does not have.
    """
    filters = listing.filters_of(query, "customers", FILTERS)
    created_from, created_to = filters.get("createdFrom"), filters.get("createdTo")
    return Search(
        text=query.parameters.get("q"),
        email=filters.get("email"),
        reference=filters.get("customerReference"),
        first_name=filters.get("firstName"),
        last_name=filters.get("lastName"),
        status=listing.choice(Status, filters.get("status")),
        locale=None if (locale := filters.get("locale")) is None else locale_of(locale),
        group=filters.get("group"),
        created_from=None if created_from is None else listing.moment(created_from),
        created_before=None if created_to is None else listing.moment_behind(created_to),
        includes_anonymized=_boolean(filters.get("includeAnonymized", "false")),
    )


def page_of(query: Query) -> PageRequest:
    """Return which part of the list a query asks for.

    Raises:
        ListInvalid: a size, cursor or order that the list does not have.
    """
    field, is_descending = listing.sort_of(query, DEFAULT_SORT)
    order = listing.choice(Order, field)
    assert order is not None, "there is a default"
    page = listing.page_of(query, order)
    return PageRequest(page.size, page.after, page.before, order, is_descending)


def counting_of(query: Query) -> Counting | None:
    """Return how a query wants to have the customers of all pages counted, if at all.

    Raises:
        ListInvalid: in no way we know.
    """
    return listing.choice(Counting, query.parameters.get(listing.COUNT))


def paging(found: CustomerList, page: PageRequest) -> CursorPaging:
    """Return the neighbours of a page."""
    if not found.entries:
        return CursorPaging(None, None)
    first, last = (cursor_of(found.entries[place].customer) for place in (0, -1))
    return CursorPaging(
        before_first=listing.cursor(page.order, first) if found.has_previous else None,
        after_last=listing.cursor(page.order, last) if found.has_next else None,
    )


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ListInvalid
    return _BOOLEANS[text.lower()]
