"""Links: the absolute URLs by which resources and lists name themselves and their neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import quote

from customer_api.jsonapi.query import (
    PAGE_AFTER,
    PAGE_BEFORE,
    PAGE_LIMIT,
    PAGE_OFFSET,
    Query,
    query_text,
)

_PATH_CHARACTERS: Final = "!$&'()*+,;=:@"  # RFC 3986, 3.3: what a segment may contain as it is


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links of one answer.

    Clients compare the self link of an answer with the URL they called, so it repeats their query.
    """

    base: str
    """Scheme, host and mount prefix, without a slash at the end: `https://shop.example/v1`."""
    requested_type: str
    """Resource type of the last pair in the requested path."""
    query: Query

    def resource(self, resource_type: str, resource_id: str | None = None) -> str:
        """Return a resource's default self link, with the query if its type was requested.

        None is for resources without an id, such as tokens.
        """
        segments = (resource_type,) if resource_id is None else (resource_type, resource_id)
        url = self.path(*segments)
        return self._with_query(url) if resource_type == self.requested_type else url

    def collection(self, *segments: str) -> str:
        """Return the self link of a list: the path that was requested, and the query."""
        return self._with_query(self.path(*segments))

    def path(self, *segments: str) -> str:
        """Return the URL of a path without any query; empty segments at its end are dropped."""
        quoted = "/".join(quote(segment, safe=_PATH_CHARACTERS) for segment in segments)
        return f"{self.base}/{quoted}".rstrip("/")

    def _with_query(self, url: str) -> str:
        return f"{url}?{self.query.raw}" if self.query.raw else url


class Pages(Protocol):
    """Where a page stands in its list."""

    def links(self, self_link: str, query: Query) -> dict[str, str]:
        """Return the links to other pages by name."""


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a page stands in its list."""

    offset: int
    limit: int
    """Most entries on a page, from 1."""
    total: int
    """Entries of the whole list."""

    def links(self, self_link: str, query: Query) -> dict[str, str]:
        """Return the links to other pages: last, first, and prev and next where they exist.

        They keep the path of the list's own link and all parameters but the page's. A list
        without entries has none.
        """
        if self.total == 0:
            return {}
        pages = -(-self.total // self.limit)
        offsets = {"last": self.limit * (pages - 1), "first": 0}
        if self.offset > 0:
            offsets["prev"] = max(0, self.offset - self.limit)
        if self.offset + self.limit < self.total:
            offsets["next"] = self.offset + self.limit
        path = self_link.partition("?")[0]
        others = {k: v for k, v in query.parameters.items() if k not in {PAGE_OFFSET, PAGE_LIMIT}}
        return {
            name: f"{path}?{query_text({**others, PAGE_OFFSET: offset, PAGE_LIMIT: self.limit})}"
            for name, offset in offsets.items()
        }


@dataclass(frozen=True, slots=True)
class CursorPaging:
    """Where a page stands in a list that is read from one thing to the next."""

    before_first: str | None
    """Cursor of the page that ends before this one; None when there is none."""
    after_last: str | None
    """Cursor of the page that begins behind this one; None when there is none."""

    def links(self, self_link: str, query: Query) -> dict[str, str]:
        """Return the links `prev` and `next`, as far as there are such pages.

        They keep the path of the list's own link and all parameters but the cursor, and can be
        followed as they are: unlike in the list's own link, values are percent-encoded.
        """
        path = self_link.partition("?")[0]
        kept = {k: v for k, v in query.parameters.items() if k not in {PAGE_AFTER, PAGE_BEFORE}}
        cursors = {"prev": (PAGE_BEFORE, self.before_first), "next": (PAGE_AFTER, self.after_last)}
        return {
            name: f"{path}?{encoded_query({**kept, parameter: cursor})}"
            for name, (parameter, cursor) in cursors.items()
            if cursor is not None
        }


def encoded_query(parameters: Mapping[str, str]) -> str:
    """Return parameters percent-encoded, as links can be followed."""
    return "&".join(
        f"{quote(name, safe='[]')}={quote(value, safe='@:,-')}"
        for name, value in parameters.items()
    )
