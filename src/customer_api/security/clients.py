"""Telling clients apart by their network addresses without keeping these."""

import hmac
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address


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


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text is; None when it is none.

    A socket that listens on IPv6 may show IPv4 clients as `::ffff:192.0.2.1` (RFC 4291, section
    2.5.5.2); they are IPv4 addresses here.
    """
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped


def _network(address: str) -> str:
    """Return what a client is told apart by; a text that is no address stays as it is."""
    parsed = parse_address(address)
    if isinstance(parsed, IPv6Address):
        return str(IPv6Network((int(parsed), 64), strict=False))
    return address if parsed is None else str(parsed)
