"""What lists of the back office understand: a page size, cursors, one sort field, filters, a count."""

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from fastapi.routing import APIRoute

from customer_api.api.openapi import Schema
from customer_api.core.errors import AppError
from customer_api.core.keyset import CursorPage, Part
from customer_api.jsonapi import moments
from customer_api.jsonapi.links import CursorPaging
from customer_api.jsonapi.query import (
    PAGE_AFTER,
    PAGE_BEFORE,
    PAGE_SIZE,
    Query,
)

T = TypeVar("T")
EnumT = TypeVar("EnumT", bound=StrEnum)

DEFAULT_SIZE: Final = 20
LARGEST_SIZE: Final = 100
COUNT: Final = "count"

_SIZE: Final = re.compile(r"[0-9]{1,3}")
_SEPARATOR: Final = ":"
_CRITERION: Final = re.compile(r"(sort|count|filter|page)(\[.*)?", re.DOTALL)
_READABLE: Final = re.compile(r"sort|count|filter\[[^\[\]]+\]|page\[(size|after|before)\]")


class ListInvalid(AppError):
    """A page size, cursor, sort field, filter or way to count that the list does not have."""


def is_listed(route: APIRoute) -> bool:
    """Return whether a route says that it understands pages."""
    declared = (route.openapi_extra or {}).get("parameters", ())
    return any(it["name"] == PAGE_SIZE for it in declared)


def refuse_criteria(query: Query) -> None:
    """Refuse what only a list understands that comes in pages.

    Raises:
        ListInvalid: a sort field, a filter, a page or a way to count.
    """
    if any(_CRITERION.fullmatch(name) for name in query.parameters):
        raise ListInvalid


def page_of(query: Query, order: str) -> CursorPage:
    """Return the page that a query asks for, of a list in this order.

    Raises:
        ListInvalid: no size from 1 to 100, an offset, both cursors, one that is none of this order, or a
            criterion that is misspelt: without it the list would show more than was asked for.
    """
    if any(_CRITERION.fullmatch(it) and not _READABLE.fullmatch(it) for it in query.parameters):
        raise ListInvalid
    size = query.parameters.get(PAGE_SIZE, str(DEFAULT_SIZE))
    if not _SIZE.fullmatch(size) or not 1 <= int(size) <= LARGEST_SIZE:
        raise ListInvalid
    after, before = (_named(query.parameters.get(it), order) for it in (PAGE_AFTER, PAGE_BEFORE))
    if after is not None and before is not None:
        raise ListInvalid
    return CursorPage(int(size), after, before)


def page_in_one_order(query: Query, order: str) -> CursorPage:
    """Return the page that a query asks for, of a list that has no other order and is not counted.

    Raises:
        ListInvalid: beside what `page_of` refuses, a sort field or a count.
    """
    if query.sort or COUNT in query.parameters:
        raise ListInvalid
    return page_of(query, order)


def plain_page(query: Query, order: str) -> CursorPage:
    """Return the page that a query asks for, of a list that has one order and no filters.

    Raises:
        ListInvalid: beside what `page_in_one_order` refuses, a filter.
    """
    if query.filters:
        raise ListInvalid
    return page_in_one_order(query, order)


def paging(part: Part[T], order: str, name: Callable[[T], str]) -> CursorPaging:
    """Return the neighbours of a page; `name` is what the list names a thing in it."""
    if not part.entries:
        return CursorPaging(None, None)
    first, last = (cursor(order, name(part.entries[place])) for place in (0, -1))
    return CursorPaging(
        before_first=first if part.has_previous else None,
        after_last=last if part.has_next else None,
    )


def choice(kind: type[EnumT], text: str | None) -> EnumT | None:
    """Return one of the values of a kind; None for no text.

    Raises:
        ListInvalid: another text.
    """
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError as error:
        raise ListInvalid from error


def cursor(order: str, name: str) -> str:
    """Return the cursor of a thing in a list; it holds the order and a public id, nothing else."""
    return base64.urlsafe_b64encode(f"{order}{_SEPARATOR}{name}".encode()).decode().rstrip("=")


def sort_of(query: Query, default: str) -> tuple[str, bool]:
    """Return the one sort field, and whether it is descending.

    Raises:
        ListInvalid: several.
    """
    if len(query.sort) > 1:
        raise ListInvalid
    field = query.sort[0] if query.sort else default
    return field.removeprefix("-"), field.startswith("-")


def filters_of(query: Query, resource_type: str, known: Collection[str]) -> Mapping[str, str]:
    """Return the filters by attribute; `filter[email]` is short for `filter[customers.email]`.

    Raises:
        ListInvalid: an unknown attribute, the same one twice, or an empty value.
    """
    filters: dict[str, str] = {}
    for name, value in query.filters.items():
        attribute = name.removeprefix(f"{resource_type}.")
        if attribute not in known or attribute in filters or not value:
            raise ListInvalid
        filters[attribute] = value
    return filters


def moment(text: str) -> datetime:
    """Return a moment as `moments.moment` does.

    Raises:
        ListInvalid: neither a date nor a moment by ISO 8601.
    """
    return _parsed(moments.moment, text)


def moment_behind(text: str) -> datetime:
    """Return the first moment behind what a text names as `moments.moment_behind` does.

    Raises:
        ListInvalid: neither a date nor a moment by ISO 8601.
    """
    return _parsed(moments.moment_behind, text)


def parameters(
    sort: Collection[str] = (), filters: Collection[str] = (), *others: Schema
) -> tuple[Schema, ...]:
    """Return the OpenAPI parameters of a list."""
    shown = [
        size_parameter(),
        parameter(PAGE_AFTER, "Cursor of a link `next`."),
        parameter(PAGE_BEFORE, "Cursor of a link `prev`."),
    ]
    if sort:
        fields = [name for field in sort for name in (field, f"-{field}")]
        shown.append(parameter("sort", "One field, with `-` descending.", {"enum": fields}))
    shown += [parameter(f"filter[{name}]", "Only entries with this.") for name in filters]
    return (*shown, *others)


def size_parameter() -> Schema:
    """Return the OpenAPI parameter of how much a page has."""
    integer = {"type": "integer", "minimum": 1, "maximum": LARGEST_SIZE, "default": DEFAULT_SIZE}
    return parameter(PAGE_SIZE, "Entries on a page.", integer)


def parameter(name: str, description: str, schema: Schema | None = None) -> Schema:
    """Return an OpenAPI parameter in the query."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "string"} if schema is None else {"type": "string"} | schema,
    }


def _parsed(parse: Callable[[str], datetime], text: str) -> datetime:
    try:
        return parse(text)
    except ValueError as error:
        raise ListInvalid from error


def _named(text: str | None, order: str) -> str | None:
    if text is None:
        return None
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        of, separator, name = decoded.decode().partition(_SEPARATOR)
    except (binascii.Error, ValueError) as error:
        raise ListInvalid from error
    if of != order or not separator or not name or "\x00" in name:
        raise ListInvalid
    return name
