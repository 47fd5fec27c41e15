"""Who calls, and by which name we were called: trusted proxies and the Host allow-list."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from customer_api.api import edge
from customer_api.api.responses import refusal
from customer_api.jsonapi.errors import ErrorObject
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security.clients import parse_address

LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")
_HOST: Final = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")
LARGEST_PORT: Final = 65535
_SCHEMES: Final = frozenset({"http", "https"})
_REFUSAL: Final = refusal([ErrorObject(400, "Bad Request")])
_INSECURE: Final = refusal([ErrorObject(403, "HTTPS is required.")])


class OriginCheck:
    """Pure ASGI: refuses foreign `Host` headers and works out base URL and client address.

    `X-Forwarded-For`, `-Proto` and `-Host` count only when the connection comes from a trusted
    proxy. When that proxy says that a client of an https-only deployment came by plain http, the
    request is refused: a redirect would let it send its password in the clear once more. Health
    checks may use any host name, because load balancers call by address.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        public_url: str | None,
        allowed_hosts: Sequence[str],
        trusted_proxies: Sequence[str],
        is_https_only: bool,
    ) -> None:
        self._app = app
        self._public_url = public_url
        self._is_https_only = is_https_only
        hosts = {*LOCAL_HOSTS, *(host.lower() for host in allowed_hosts)}
        if public_url is not None:
            hosts.add((urlsplit(public_url).hostname or "").lower())
        self._hosts = frozenset(hosts)
        self._proxies = tuple(ip_network(proxy, strict=False) for proxy in trusted_proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its origin, or answer 400 or 403."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        client = scope["client"][0] if scope.get("client") else ""
        scheme, hosts = scope["scheme"], headers.getlist("host")
        is_insecure = False
        if self._proxies and _is_in(client, self._proxies):
            client = self._forwarded_client(headers, client)
            scheme = headers.get("x-forwarded-proto", scheme)
            hosts = headers.getlist("x-forwarded-host") or hosts
            is_insecure = headers.get("x-forwarded-proto") == "http" and self._is_https_only
        host = hosts[0] if len(hosts) == 1 else ""
        if not scope["path"].startswith("/health/"):
            if scheme not in _SCHEMES or not self._allows(host):
                record(SecurityEvent.HOST_REFUSED)
                await _REFUSAL(scope, receive, send)
                return
            if is_insecure:
                await _INSECURE(scope, receive, send)
                return
        base = self._public_url or f"{scheme}://{host}"
        edge.set_origin(scope, edge.Origin(base=base, client_address=client))
        await self._app(scope, receive, send)

    def _allows(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None or int(match["port"] or 0) > LARGEST_PORT:
            return False
        return match["name"].lower() in self._hosts

    def _forwarded_client(self, headers: Headers, client: str) -> str:
        """Return the nearest address in `X-Forwarded-For` that is no trusted proxy."""
        chain = [part.strip() for part in ",".join(headers.getlist("x-forwarded-for")).split(",")]
        for address in reversed(chain):
            if parse_address(address) is None:
                break
            client = address
            if not _is_in(address, self._proxies):
                break
        return client


def _is_in(text: str, networks: Sequence[IPv4Network | IPv6Network]) -> bool:
    address = parse_address(text)
    if address is None:
        return False
    forms = {address, ip_address(text)}  # a proxy may be listed as the socket shows it
    return any(form in network for form in forms for network in networks)
