"""Sending events over HTTP."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from customer_api.events.errors import NotTaken, ReceiverUrlInvalid

if TYPE_CHECKING:
    import httpx

UNREACHABLE: Final = "unreachable"
TIMEOUT: Final = "timeout"
USER_AGENT: Final = "customer-api"

_SUCCESS: Final = range(200, 300)


class Receivers(Protocol):
    """Hands messages to their receivers."""

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Return when the receiver has taken the message, else raise `NotTaken`."""

    async def close(self) -> None:
        """Close all connections."""


class HttpReceivers:
    """Receivers behind HTTP; what they answer is not read, and redirects are not followed."""

    def __init__(self, *, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._client: httpx.AsyncClient | None = None

    async def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post a message; an answer of the class 2xx says that it was taken.

        Raises:
            NotTaken: another answer, none in time, or no connection.
        """
        import httpx  # noqa: PLC0415 - takes memory that a shop without receivers needs not spend

        if self._client is None:
            # The time-out of httpx is one for each step; the worker's is one for all.
            self._client = httpx.AsyncClient(
                timeout=self._timeout_seconds, trust_env=False, headers={"user-agent": USER_AGENT}
            )
        try:
            async with self._client.stream("POST", url, content=body, headers=headers) as answer:
                status = answer.status_code
        except httpx.TimeoutException as error:
            raise NotTaken(TIMEOUT) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            # Names of hosts that say they are in Punycode, and are not, are errors of Unicode.
            raise NotTaken(UNREACHABLE) from error
        if status not in _SUCCESS:
            raise NotTaken(f"status_{status}")

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.aclose()


def check_url(url: str, *, plain_hosts: Collection[str]) -> None:
    """Make sure that events can be sent to an address.

    Raises:
        ReceiverUrlInvalid: no absolute address with https, or http for one of the `plain_hosts`; one
            with credentials or a fragment; one with characters that need escapes.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ReceiverUrlInvalid from error
    is_plain = parts.scheme == "http" and host in plain_hosts
    has_more = parts.username is not None or parts.password is not None or parts.fragment != ""
    is_clean = url.isascii() and url.isprintable() and " " not in url
    if not host or has_more or not is_clean or not (parts.scheme == "https" or is_plain):
        raise ReceiverUrlInvalid
