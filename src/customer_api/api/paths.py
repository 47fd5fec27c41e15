"""The URL shape of the storefront (contract 1.1): slashes, empty segments, 404, 405 and paging.

One table over the published routes answers what a path means before the framework sees it, and
writes the path in the one form that the routes are declared in.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customer_api.api import edge
from customer_api.api.responses import JsonApiResponse, refusal
from customer_api.core.errors import AppError
from customer_api.jsonapi.document import collection
from customer_api.jsonapi.errors import ErrorObject
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.query import EMPTY, PaginationInvalid, Query, QueryInvalid, parse_query

PREFIX: Final = "/v1"
TOKEN_PATH: Final = "/token"  # noqa: S105 - a path
_ENCODED_SLASH: Final = re.compile(rb"%2f", re.IGNORECASE)
_REPLACEMENT: Final = quote("\ufffd").encode()
_TOKEN: Final = [TOKEN_PATH[1:]]
"""Its segments; parameters come in its body, so a query means nothing there (RFC 6749, 3.2)."""
METHODS_WITH_ID: Final = frozenset({"PATCH", "DELETE"})
NO_ID_NEEDED: Final = "-"

NOT_FOUND: Final = refusal([ErrorObject(404, "Not Found")])

Chain = tuple[str, ...]
"""Resource types along a path: `/customers/{id}/addresses` is `("customers", "addresses")`."""


class _Shape(NamedTuple):
    chain: Chain
    has_id: bool


class ResourceTable:
    """Which methods exist on which path, built from the routes themselves.

    Args:
        routes: pairs of a path template below the prefix and its methods.
        without_id: types whose PATCH works without the id it would have in the path.
    """

    def __init__(
        self, routes: Iterable[tuple[str, Iterable[str]]], *, without_id: Iterable[str] = ()
    ) -> None:
        self._by_shape: defaultdict[_Shape, set[str]] = defaultdict(set)
        self._by_chain: defaultdict[Chain, set[str]] = defaultdict(set)
        self._without_id = frozenset(without_id)
        for template, methods in routes:
            shape = _shape(_segments(template))
            self._by_shape[shape].update(methods)
            self._by_chain[shape.chain].update(methods)

    def is_known(self, segments: Sequence[str]) -> bool:
        """Return whether the types along the path exist, in this order."""
        return _shape(segments).chain in self._by_chain

    def methods(self, segments: Sequence[str]) -> set[str]:
        """Return the methods of this very path; of its type when the path has none."""
        shape = _shape(segments)
        return self._by_shape.get(shape) or self._by_chain[shape.chain]

    def type_has(self, method: str, segments: Sequence[str]) -> bool:
        """Return whether the type of the last pair has the method, with or without an id."""
        return method in self._by_chain[_shape(segments).chain]

    def completed(self, method: str, segments: list[str]) -> list[str] | None:
        """Return the segments in the form of a route, or None when no route matches.

        Empty ids, and the missing last one of a PATCH or DELETE, become `edge.MISSING_ID`.
        """
        chain, has_id = _shape(segments)
        if not has_id and method in METHODS_WITH_ID:
            is_optional = chain[-1] in self._without_id
            segments = [*segments, NO_ID_NEEDED if is_optional else ""]
            has_id = True
        if method not in self._by_shape.get(_Shape(chain, has_id), ()):
            return None
        return [segment or edge.MISSING_ID for segment in segments]


class StorefrontPaths:
    """Pure ASGI: applies the table to everything under `/v1`, and serves `/token` at the root.

    Here and everywhere else HEAD becomes a GET whose body is dropped, and slashes at the end of a path do
    not count.

    Args:
        app: the application within.
        table: what there is under `/v1`.
        refuse: makes the answer to a refusal, by the error table of the version.
        has_cors: whether OPTIONS is answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        table: ResourceTable,
        refuse: Callable[[AppError], Response],
        has_cors: bool,
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._table = table
        self._has_cors = has_cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on in its one form, or answer 400, 404 or 405."""
        app = self._app
        if scope["type"] == "http":
            if scope["method"] == "HEAD":
                scope, send = {**scope, "method": "GET"}, _without_body(send)
            path = scope["path"] = _decoded(scope)
            if path.strip("/") == TOKEN_PATH[1:]:
                path = PREFIX + TOKEN_PATH
            if path.lstrip("/").partition("/")[0] == PREFIX[1:]:
                app = self._route(scope, path) or app
            else:
                scope["path"] = path.rstrip("/") or "/"
        await app(scope, receive, send)

    def _route(self, scope: Scope, path: str) -> Response | None:
        """Return an answer that needs no route, or set path and target and return None."""
        segments = _segments(path.lstrip("/").removeprefix(PREFIX[1:]))
        try:
            query = EMPTY if segments == _TOKEN else parse_query(scope["query_string"])
        except (PaginationInvalid, QueryInvalid) as error:
            return self._refuse(error)
        if "\x00" in path or not self._table.is_known(segments):
            return NOT_FOUND
        if scope["method"] == "OPTIONS" and self._has_cors:
            return self._options(scope, segments, query)
        return self._target(scope, segments, query)

    def _target(self, scope: Scope, segments: list[str], query: Query) -> Response | None:
        method = scope["method"]
        if method == "POST" and _shape(segments).has_id:
            return NOT_FOUND
        if not self._table.type_has(method, segments):
            return self._not_allowed(segments)
        completed = self._table.completed(method, segments)
        if completed is None:
            return NOT_FOUND
        scope["path"] = "/".join([PREFIX, *completed])
        edge.set_target(
            scope,
            edge.Target(
                resource_type=_shape(segments).chain[-1],
                lacks_id=method in METHODS_WITH_ID and edge.MISSING_ID in completed,
                query=query,
            ),
        )
        return None

    def _not_allowed(self, segments: Sequence[str]) -> Response:
        return refusal([ErrorObject(405, "Method Not Allowed")], {"Allow": self._allow(segments)})

    def _options(self, scope: Scope, segments: list[str], query: Query) -> Response:
        links = Links(edge.get_origin(scope).base + PREFIX, segments[-1], query)
        body = collection((), query, self_link=links.collection(*segments))
        allow = self._allow(segments)
        headers = {"Allow": allow, "Access-Control-Allow-Methods": allow}
        return JsonApiResponse(body, headers=headers)

    def _allow(self, segments: Sequence[str]) -> str:
        methods = set(self._table.methods(segments))
        if "GET" in methods:
            methods.add("HEAD")
        if self._has_cors:
            methods.add("OPTIONS")
        return ", ".join(sorted(methods))


def _decoded(scope: Scope) -> str:
    """Return the path; a slash that was sent encoded separates nothing and stands as U+FFFD."""
    raw: bytes = scope.get("raw_path") or b""  # servers need not tell it
    kept = _ENCODED_SLASH.sub(_REPLACEMENT, raw)
    return str(scope["path"]) if kept == raw else unquote(kept.decode("latin-1"))


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _shape(segments: Sequence[str]) -> _Shape:
    return _Shape(tuple(segments[0::2]), len(segments) % 2 == 0)


def _without_body(send: Send) -> Send:
    """Return a `send` that keeps the headers and drops the body, as HEAD demands."""

    async def drop_body(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return drop_body
