"""Header fields of every answer: security, language and CORS (contract 1.7)."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customer_api.api.locales import Locales
from customer_api.core.settings import Settings

SECURITY_HEADERS: Final = {
    "X-Frame-Options": "SAMEORIGIN",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
STRICT_TRANSPORT: Final = "max-age=31536000"
ALLOWED_REQUEST_HEADERS: Final = (
    "accept, content-type, content-language, accept-language, authorization, "
    "X-Anonymous-Customer-Unique-Id, access-control-allow-origin, X-Store, If-Match, "
    "Idempotency-Key, X-Agent-Authorization"
)
EXPOSED_ANSWER_HEADERS: Final = "ETag, Retry-After, X-Request-Id"


def fixed_headers(settings: Settings) -> dict[str, str]:
    """Return what every answer carries, also one made outside of the application.

    The language is the default one; `AnswerHeaders` negotiates it.
    """
    headers = {**SECURITY_HEADERS, "Content-Language": settings.locales[0]}
    if is_https_only(settings):
        headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    return headers


def is_https_only(settings: Settings) -> bool:
    """Return whether clients reach this deployment by https alone."""
    return (settings.public_url or "").startswith("https://")


class AnswerHeaders:
    """Pure ASGI: completes the headers of whatever answer passes; set ones are kept.

    Args:
        app: the application within.
        locales: for `Content-Language`.
        cors_origins: origins whose scripts may read answers; `("*",)` for all, then without
            credentials; empty switches CORS off.
        fixed: what every answer carries unless it has its own.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        locales: Locales,
        cors_origins: Sequence[str],
        fixed: Mapping[str, str],
    ) -> None:
        self._app = app
        self._locales = locales
        self._origins = frozenset(origin.rstrip("/") for origin in cors_origins)
        self._fixed = dict(fixed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Headers(scope=scope)

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = list(message["headers"])  # shared by constant answers
                headers = MutableHeaders(raw=message["headers"])
                language = self._locales.negotiate(request.get("accept-language", ""))
                headers.setdefault("Content-Language", language)
                for name, value in self._fixed.items():
                    headers.setdefault(name, value)
                if self._origins:
                    self._allow_origin(headers, request.get("origin"))
            await send(message)

        await self._app(scope, receive, complete)

    def _allow_origin(self, headers: MutableHeaders, origin: str | None) -> None:
        if "access-control-allow-methods" in headers:
            headers["Access-Control-Allow-Headers"] = ALLOWED_REQUEST_HEADERS
        if "*" in self._origins:
            headers["Access-Control-Allow-Origin"] = "*"
            headers["Access-Control-Expose-Headers"] = EXPOSED_ANSWER_HEADERS
            return
        headers.add_vary_header("Origin")
        if origin in self._origins:
            headers["Access-Control-Allow-Origin"] = str(origin)
            headers["Access-Control-Allow-Credentials"] = "true"
            headers["Access-Control-Expose-Headers"] = EXPOSED_ANSWER_HEADERS
