"""Telling clients apart by their network addresses without keeping these."""

import hmac
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, IPv6Network, ip_address


class Clients:
    """Names clients by keyed fingerprints, because network addresses are personal data.

    Args:
        secrets: returns the present ones. The first is for new fingerprints; the others find older
            ones.
    """

    def __init__(self, secrets: Callable[[], Sequence[bytes]]) -> None:
        self._secrets = secrets

    def names(self, address: str) -> tuple[str, ...]:
        """Return a fingerprint for each secret; an IPv6 address counts by its network of 64 bits."""
        network = _network(address).encode()
        return tuple(hmac.digest(secret, network, "sha256").hex() for secret in self._secrets())


def _network(address: str) -> str:
    """Return what a client is told apart by; a text that is no address stays as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), 64), strict=False))
