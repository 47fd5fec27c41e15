"""Salted hashes of one round: those of directories, and those of old shop systems."""

import base64
import hashlib
import hmac
import re
from typing import Final

from passlib.hash import ldap_salted_sha1, ldap_salted_sha256, ldap_salted_sha512
from typing_extensions import override

from customer_api.security.hash_formats.base import HashFormat, HashRefused

KIND: Final = "salted"
"""All of them cost microseconds, so that one decoy stands for all."""
DECOY: Final = "{SSHA512}" + base64.b64encode(bytes(64 + 8)).decode()

SALT_BYTES: Final = range(4, 17)
LONGEST_CHAIN: Final = 8

_LDAP: Final = re.compile(r"(?P<scheme>\{SSHA(?:256|512)?\})(?P<data>[A-Za-z0-9+/]{32,108}={0,2})")
_HANDLERS: Final = {
    "{SSHA}": ldap_salted_sha1,
    "{SSHA256}": ldap_salted_sha256,
    "{SSHA512}": ldap_salted_sha512,
}

_CHAIN: Final = re.compile(
    r"(?P<checksum>[0-9a-f]{32}|[0-9a-f]{64}):(?P<salt>[!-9;-~]{1,64})(?P<versions>(?::[\d_]+)*)",
    re.ASCII,
)
_ALGORITHMS: Final = {"0": "md5", "1": "sha256"}
_VERSIONS: Final = {32: "0", 64: "1"}
"""The version of a hash that names none, by the length of its checksum."""


class SaltedFormat(HashFormat):
    """A format whose hashes cost next to nothing."""

    @override
    def kind(self, digest: str) -> str:
        return KIND

    @override
    def decoy(self, digest: str) -> str:
        return DECOY


class LdapFormat(SaltedFormat):
    """`{SSHA}`, `{SSHA256}` and `{SSHA512}`, as RFC 2307 writes them, with 4 to 16 bytes of salt."""

    name = "LDAP"
    beginning = re.compile(r"\{SSHA(?:256|512)?\}")

    @override
    def to_stored(self, text: str) -> str:
        found = _LDAP.fullmatch(text)
        if not found:
            raise self.not_whole()
        try:
            data = base64.b64decode(found["data"], validate=True)
        except ValueError as error:
            raise self.not_whole() from error
        salt_bytes = len(data) - _HANDLERS[found["scheme"]].checksum_size
        if base64.b64encode(data).decode() != found["data"] or salt_bytes not in SALT_BYTES:
            raise self.not_whole()
        return text

    @override
    def matches(self, password: str, digest: str) -> bool:
        return bool(_HANDLERS[digest[: digest.index("}") + 1]].verify(password, digest))


class ShopChainFormat(SaltedFormat):
    """`hash:salt` and `hash:salt:version`, as Magento and its relatives write them.

    Version 0 is the MD5 of salt and password in hexadecimal digits, version 1 the SHA-256. Several
    versions are what upgrades left: each hashes the salt and what the one before it returned. Without
    a version the length of the hash tells it. Version 2, argon2id of libsodium, is refused.
    """

    name = "hash:salt:version"
    beginning = re.compile(r"[0-9a-f]{32,}:")

    @override
    def to_stored(self, text: str) -> str:
        found = _CHAIN.fullmatch(text)
        if not found:
            raise self.not_whole()
        versions = _versions(found)
        if any(version[0] in "23" for version in versions):
            raise HashRefused("a hash of Magento's version 2 or 3 (argon2id13) cannot be verified")
        if (
            len(versions) > LONGEST_CHAIN
            or not _ALGORITHMS.keys() >= set(versions)
            or _VERSIONS[len(found["checksum"])] != versions[-1]
        ):
            raise self.not_whole()
        return text

    @override
    def matches(self, password: str, digest: str) -> bool:
        found = _CHAIN.fullmatch(digest)
        assert found is not None, "a digest is whole"
        text = password
        for version in _versions(found):
            # MD5 is what the shop used; the password is hashed anew at once.
            algorithm = hashlib.new(_ALGORITHMS[version], usedforsecurity=False)
            algorithm.update((found["salt"] + text).encode())
            text = algorithm.hexdigest()
        return hmac.compare_digest(text, found["checksum"])


def _versions(found: re.Match[str]) -> list[str]:
    """Return the versions in the order in which they are applied."""
    named = found["versions"].split(":")[1:]
    return named or [_VERSIONS[len(found["checksum"])]]
