"""Digests of passwords: those of ours, and those that customers bring along."""

import re
from contextlib import suppress
from typing import Final

from customer_api.security.hash_formats.argon2_hashes import Argon2Format
from customer_api.security.hash_formats.base import HashFormat, HashRefused
from customer_api.security.hash_formats.bcrypt_hashes import BcryptFormat
from customer_api.security.hash_formats.pbkdf2_hashes import Pbkdf2Format
from customer_api.security.hash_formats.phpass_hashes import PhpassFormat
from customer_api.security.hash_formats.salted_hashes import LdapFormat, ShopChainFormat
from customer_api.security.hash_formats.scrypt_hashes import ScryptFormat

FORMATS: Final[tuple[HashFormat, ...]] = (
    Argon2Format(),
    BcryptFormat(),
    Pbkdf2Format(),
    PhpassFormat(),
    ScryptFormat(),
    LdapFormat(),
    ShopChainFormat(),
)
"""All that can be verified; a text begins as a hash of one of them at the most."""

# What others write: $kind$, {kind}, Django's kind$, and bare checksums.
_SOME_HASH: Final = re.compile(
    r"\$[A-Za-z0-9-]+\$|\{[A-Za-z0-9-]+\}"
    r"|(?:argon2|bcrypt|md5|pbkdf2|scrypt|sha1|sha256|sha512)(?:_[a-z0-9_]+)?\$"
    r"|(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{128})\Z"
)


def to_stored_hash(text: str) -> str | None:
    """Return the digest to store for a hash from elsewhere; None when the text looks like no hash.

    What is stored is canonical, of bearable cost, and has at most 512 characters: what comes from
    elsewhere must not be able to stop the server. Hashes that only differ in who wrote them become
    alike; a digest stays as it is.

    Raises:
        HashRefused: it looks like a hash, and it is damaged, too dear, or of an unknown format.
    """
    hash_format = _find_format(text)
    if hash_format is not None:
        return hash_format.to_stored(text)
    if _SOME_HASH.match(text):
        raise HashRefused("a hash of a kind that cannot be verified")
    return None


def is_supported_hash(text: str) -> bool:
    """Tell whether this is a digest as `to_stored_hash` returns them."""
    with suppress(HashRefused):
        return to_stored_hash(text) == text
    return False


def kind_of(digest: str) -> str:
    """Return what decides the cost of a supported hash; for PBKDF2 the iterations do so, too."""
    return _format_of(digest).kind(digest)


def decoy(digest: str) -> str:
    """Return a hash of the same cost that no password matches."""
    return _format_of(digest).decoy(digest)


def remainder(dearest: str, digest: str) -> str | None:
    """Return a decoy for what one hash costs more than another of its kind; None for nothing."""
    return _format_of(digest).remainder(dearest, digest)


def matches(password: str, digest: str) -> bool:
    """Compare a text with a supported hash; a hash that cannot be computed matches nothing."""
    with suppress(ValueError, MemoryError):  # the library says either for "not enough memory"
        return _format_of(digest).matches(password, digest)
    return False


def _find_format(text: str) -> HashFormat | None:
    return next((it for it in FORMATS if it.beginning.match(text)), None)


def _format_of(digest: str) -> HashFormat:
    found = _find_format(digest)
    assert found is not None, "only supported hashes are asked about"
    return found
