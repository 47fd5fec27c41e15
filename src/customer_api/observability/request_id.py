"""An id for each request: in its answer, in its log lines, and in the one line about it."""

import logging
import re
import time
from collections.abc import Callable, MutableMapping
from contextvars import ContextVar
from typing import Any, Final

from customer_api.core.ids import random_uuid

HEADER: Final = b"x-request-id"
_GOOD_ID: Final = re.compile(rb"[A-Za-z0-9-]{8,64}")

_current: ContextVar[str | None] = ContextVar("request_id", default=None)

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
"""An ASGI scope; this package knows no framework."""


def current_request_id() -> str | None:
    """Return the id of the request being served; None outside of any."""
    return _current.get()


class RequestIds:
    """Pure ASGI: gives each request an id, logs its end, and catches what nobody caught.

    A client's own `X-Request-Id` is kept when it is plain. Neither path nor query is logged, because
    both can hold tokens and references; the route's template is.

    Args:
        app: the application within.
        failure: the application that answers when the other one raised without an answer.
        remember: told the id of each request by its scope.
    """

    def __init__(
        self,
        app: Callable[..., Any],
        *,
        failure: Callable[..., Any],
        remember: Callable[[Scope, str], None],
    ) -> None:
        self._app = app
        self._failure = failure
        self._remember = remember

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _requested_id(scope) or random_uuid()
        self._remember(scope, request_id)
        token = _current.set(request_id)
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (HEADER, request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:
            logger.exception("unexpected_error")
            if status == 0:  # else the framework has answered and raised again for its server
                await self._failure(scope, receive, send_with_id)
        finally:
            self._log(scope, status, time.perf_counter() - started)
            _current.reset(token)

    def _log(self, scope: Scope, status: int, seconds: float) -> None:
        if logger.isEnabledFor(logging.INFO):
            route = scope.get("route")
            fields = {
                "method": scope["method"],
                "route": getattr(route, "path", None),
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
            }
            logger.info("request", extra=fields)


def _requested_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == HEADER and _GOOD_ID.fullmatch(value):
            return str(value, "ascii")
    return None
