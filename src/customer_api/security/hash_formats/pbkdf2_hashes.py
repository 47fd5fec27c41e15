"""Hashes made by PBKDF2, stored as Django writes them."""

import base64
import re
from typing import Final

from passlib.hash import django_pbkdf2_sha1, django_pbkdf2_sha256
from typing_extensions import override

from customer_api.security.hash_formats.base import HashFormat, is_canonical_base64

ITERATIONS: Final = 2_000_000  # about a second; Django began with 10,000 and is beyond a million

_HANDLERS: Final = {"sha256": django_pbkdf2_sha256, "sha1": django_pbkdf2_sha1}
_SIZES: Final = {"sha256": 32, "sha1": 20}
_DJANGO: Final = re.compile(
    r"pbkdf2_(?P<algorithm>sha256|sha1)\$(?P<iterations>[1-9]\d{0,9})"
    r"\$(?P<salt>[A-Za-z0-9]{1,128})\$(?P<checksum>[A-Za-z0-9+/]{27,43})=",
    re.ASCII,
)
_WERKZEUG: Final = re.compile(
    r"pbkdf2:(?P<algorithm>sha256|sha1):(?P<iterations>[1-9]\d{0,9})"
    r"\$(?P<salt>[A-Za-z0-9]{1,128})\$(?P<checksum>(?:[0-9a-f]{2}){20,32})",
    re.ASCII,
)


class Pbkdf2Format(HashFormat):
    """`pbkdf2_sha256$`, `pbkdf2_sha1$`, and Werkzeug's `pbkdf2:sha256:`; 2,000,000 iterations at most.

    The iterations are no part of the kind: a shop that followed its framework has a dozen numbers of
    them, and a wrong password that costs the sum of these would be a lever. The cost grows in
    proportion to them, so that a decoy can make up for a difference.
    """

    name = "PBKDF2"
    beginning = re.compile(r"pbkdf2[_:](?:sha256|sha1)[$:]")

    @override
    def to_stored(self, text: str) -> str:
        if found := _WERKZEUG.fullmatch(text):
            checksum = base64.b64encode(bytes.fromhex(found["checksum"])).decode()
            text = "$".join(
                (f"pbkdf2_{found['algorithm']}", found["iterations"], found["salt"], checksum)
            )
        found = _DJANGO.fullmatch(text)
        if (
            not found
            or not is_canonical_base64(found["checksum"])
            or len(found["checksum"]) * 6 // 8 != _SIZES[found["algorithm"]]
        ):
            raise self.not_whole()
        if int(found["iterations"]) > ITERATIONS:
            raise self.too_dear(f"{ITERATIONS} iterations")
        return text

    @override
    def kind(self, digest: str) -> str:
        return digest[: digest.index("$") + 1]

    @override
    def decoy(self, digest: str) -> str:
        return self._decoy(digest, _iterations(digest))

    @override
    def remainder(self, dearest: str, digest: str) -> str | None:
        missing = _iterations(dearest) - _iterations(digest)
        return self._decoy(digest, missing) if missing > 0 else None

    @override
    def matches(self, password: str, digest: str) -> bool:
        return bool(_HANDLERS[_algorithm(digest)].verify(password, digest))

    def _decoy(self, digest: str, iterations: int) -> str:
        checksum = base64.b64encode(bytes(_SIZES[_algorithm(digest)])).decode()
        return f"{self.kind(digest)}{iterations}$decoy${checksum}"


def _algorithm(digest: str) -> str:
    return digest.partition("$")[0].removeprefix("pbkdf2_")


def _iterations(digest: str) -> int:
    return int(digest.split("$")[1])
