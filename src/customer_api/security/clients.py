"""Telling clients apart by their network addresses without keeping these."""

import hmac
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address


class Clients:
    """Names clients by keyed fingerprints, because network addresses are personal data."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    def name(self, address: str) -> str:
        """Return the fingerprint of an address; an IPv6 address counts by its network of 64 bits."""
        return hmac.digest(self._secret(), _network(address).encode(), "sha256").hex()


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
