"""The portable hashes of phpass: old WordPress, phpBB, Joomla and their shops."""

import re
from typing import Final

from passlib.hash import phpass
from typing_extensions import override

from customer_api.security.hash_formats.base import HashFormat

ROUNDS: Final = range(7, 17)  # as powers of two; each round is one MD5, computed in Python

_ALPHABET: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# The last character holds two bits; only these are canonical.
_WHOLE: Final = re.compile(r"\$[PH]\$(?P<rounds>[./A-Za-z0-9])[./A-Za-z0-9]{29}[./01]", re.ASCII)
_LENGTH: Final = 30  # 8 characters of salt, 22 of checksum


class PhpassFormat(HashFormat):
    """`$P$` and phpBB's `$H$`; at most 2^16 rounds, where 2^13 are usual."""

    name = "phpass"
    beginning = re.compile(r"\$[PH]\$")

    @override
    def to_stored(self, text: str) -> str:
        found = _WHOLE.fullmatch(text)
        if not found or _ALPHABET.index(found["rounds"]) < ROUNDS[0]:
            raise self.not_whole()
        if _ALPHABET.index(found["rounds"]) not in ROUNDS:
            raise self.too_dear(f"2^{ROUNDS[-1]} rounds")
        return text

    @override
    def kind(self, digest: str) -> str:
        return f"$P${digest[3]}"  # the letter tells makers apart, not costs

    @override
    def decoy(self, digest: str) -> str:
        return self.kind(digest) + "." * _LENGTH

    @override
    def matches(self, password: str, digest: str) -> bool:
        return bool(phpass.verify(password, digest))
