"""By what a request is recognised: keyed digests, from which nobody can guess what was sent."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RepeatableRequest:
    """A request with an idempotency key."""

    caller: str
    """Reference of the customer who calls; empty for requests that anybody may send."""
    method: str
    path: str
    key: str
    content: tuple[bytes, ...]
    """Everything else in which two different requests can differ, the body included."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What is stored of a request."""

    scope: bytes
    """Digest of caller, method, path and key: where a repetition is looked for."""
    fingerprint: bytes
    """Digest of the content: what a repetition must have in common with the first request."""


class Marks:
    """Makes the marks of requests.

    Args:
        secrets: returns the secrets of the moment, 32 bytes each. The first is for new marks; the
            others find older ones.
    """

    def __init__(self, secrets: Callable[[], Sequence[bytes]]) -> None:
        self._secrets = secrets

    def of(self, request: RepeatableRequest) -> tuple[Mark, ...]:
        """Return a mark for each secret, in the order of the secrets."""
        names = (request.caller, request.method, request.path, request.key)
        scope = [name.encode("utf-8", errors="surrogatepass") for name in names]
        return tuple(
            Mark(_digest(secret, scope), _digest(secret, request.content))
            for secret in self._secrets()
        )


def _digest(secret: bytes, parts: Sequence[bytes]) -> bytes:
    mac = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:  # lengths first, or parts could run into each other
        mac.update(len(part).to_bytes(8, "big") + part)
    return mac.digest()
