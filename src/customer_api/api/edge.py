"""What the layers of the HTTP edge tell each other about one request, kept in the ASGI scope."""

from dataclasses import dataclass
from typing import Final

from starlette.types import Scope

from customer_api.jsonapi.query import Query

MISSING_ID: Final = "\x00"
"""Stands for an id that is empty or missing in the path; no client can send it."""

_ORIGIN: Final = "customer_api.origin"
_TARGET: Final = "customer_api.target"
_BODY: Final = "customer_api.body"
_REQUEST_ID: Final = "customer_api.request_id"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, and under which address it reached us."""

    base: str
    """`scheme://host[:port]` or the configured public URL; no slash at the end."""
    client_address: str
    """The client's address, behind trusted proxies the one they report."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a storefront request is about."""

    resource_type: str
    """Type of the last pair in the path."""
    lacks_id: bool
    """Whether some pair of a PATCH or DELETE has no id."""
    query: Query


def set_origin(scope: Scope, origin: Origin) -> None:
    """Remember the origin of the request."""
    scope[_ORIGIN] = origin


def get_origin(scope: Scope) -> Origin:
    """Return the origin of the request."""
    origin = scope[_ORIGIN]
    assert isinstance(origin, Origin)
    return origin


def set_target(scope: Scope, target: Target) -> None:
    """Remember what the request is about."""
    scope[_TARGET] = target


def get_target(scope: Scope) -> Target:
    """Return what the request is about."""
    target = scope[_TARGET]
    assert isinstance(target, Target)
    return target


def set_body(scope: Scope, body: bytes) -> None:
    """Remember the body as it came."""
    scope[_BODY] = body


def get_body(scope: Scope) -> bytes:
    """Return the body as it came; empty when none was read."""
    body = scope.get(_BODY, b"")
    assert isinstance(body, bytes)
    return body


def set_request_id(scope: Scope, request_id: str) -> None:
    """Remember the id of the request."""
    scope[_REQUEST_ID] = request_id


def get_request_id(scope: Scope) -> str:
    """Return the id of the request."""
    return str(scope[_REQUEST_ID])
