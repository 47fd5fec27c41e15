"""The query string of a request: what it asks for, and its text as links repeat it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl

from customer_api.core.errors import AppError

PAGE_OFFSET: Final = "page[offset]"
PAGE_LIMIT: Final = "page[limit]"
PAGE_SIZE: Final = "page[size]"
PAGE_AFTER: Final = "page[after]"
PAGE_BEFORE: Final = "page[before]"
LARGEST_PAGE_NUMBER: Final = 2**31 - 1
"""Largest offset and limit; their sum still fits every database's integers."""

_FAMILY_MEMBER: Final = re.compile(r"(fields|filter)\[([^\[\]]+)\]")
_DIGITS: Final = re.compile(r"[0-9]{1,10}")


class QueryInvalid(AppError):
    """A query string has a parameter twice, a NUL character, or bytes that are not UTF-8."""


class PaginationInvalid(AppError):
    """A page was asked for with something else than an offset from 0 and a limit from 1."""


@dataclass(frozen=True, slots=True)
class Page:
    """The part of a list that was asked for."""

    offset: int
    """Entries before the page, from 0."""
    limit: int
    """Most entries on the page, from 1."""


@dataclass(frozen=True, slots=True)
class Query:
    """The parsed parameters of a request."""

    include: tuple[str, ...]
    """Names of the relationships to follow, in the order asked for; unknown ones are kept."""
    fields: Mapping[str, frozenset[str]]
    """The attributes to keep, by resource type; a type that is not in it keeps all."""
    page: Page | None
    """None unless both an offset and a limit were given."""
    sort: tuple[str, ...]
    """Sort fields, most important first, a leading `-` for descending."""
    filters: Mapping[str, str]
    """Values by what stands in the brackets: `filter[customers.email]` is `customers.email`."""
    parameters: Mapping[str, str]
    """Every parameter with its value, those above included, in the order of the request."""
    raw: str
    """All parameters as links repeat them, decoded: `page[offset]=2&q=a@b.de`; "" for none."""


EMPTY: Final = Query(
    include=(),
    fields=MappingProxyType({}),
    page=None,
    sort=(),
    filters=MappingProxyType({}),
    parameters=MappingProxyType({}),
    raw="",
)
"""The query of a request without parameters."""


def parse_query(query_string: bytes) -> Query:
    """Return what a query string asks for; blanks may be sent as `+`, as forms do.

    Raises:
        QueryInvalid: the string as a whole cannot be understood.
        PaginationInvalid: an offset or a limit was given that is none.
    """
    if not query_string:
        return EMPTY
    parameters = _parameters(query_string)
    families: dict[str, dict[str, str]] = {"fields": {}, "filter": {}}
    for name, value in parameters.items():
        if match := _FAMILY_MEMBER.fullmatch(name):
            families[match[1]][match[2]] = value
    return Query(
        include=_names(parameters.get("include", "")),
        fields={name: frozenset(_names(kept)) for name, kept in families["fields"].items()},
        page=_page(parameters),
        sort=_names(parameters.get("sort", "")),
        filters=families["filter"],
        parameters=parameters,
        raw=query_text(parameters),
    )


def query_text(parameters: Mapping[str, object]) -> str:
    """Return parameters as links show them: with brackets, at-signs and blanks as they are."""
    return "&".join(f"{name}={value}" for name, value in parameters.items())


def _parameters(query_string: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(query_string.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise QueryInvalid("not UTF-8") from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise QueryInvalid("a parameter was given twice")
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise QueryInvalid("a NUL character")
    return parameters


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _page(parameters: Mapping[str, str]) -> Page | None:
    """Check each of the two where it is given; together they make a page."""
    offset = limit = None
    if PAGE_OFFSET in parameters:
        offset = _number(parameters[PAGE_OFFSET] or "0")
    if PAGE_LIMIT in parameters:
        limit = _number(parameters[PAGE_LIMIT])
        if limit == 0:
            raise PaginationInvalid("a page of nothing")
    return None if offset is None or limit is None else Page(offset, limit)


def _number(text: str) -> int:
    if _DIGITS.fullmatch(text) and int(text) <= LARGEST_PAGE_NUMBER:
        return int(text)
    raise PaginationInvalid("neither 0 nor a positive integer of 31 bits")
