"""Hashes made by argon2, ours among them."""

import re
from typing import Final

from passlib.hash import argon2
from typing_extensions import override

from customer_api.security.hash_formats.base import HashFormat, is_canonical_base64

MEMORY_KIB: Final = 1024 * 1024
PASSES: Final = 20
LANES: Final = 16

_WHOLE: Final = re.compile(
    r"\$argon2(?:id|i|d)\$(?:v=1[69]\$)?"
    r"m=(?P<memory>[1-9]\d{0,7}),t=(?P<time>[1-9]\d?),p=(?P<lanes>[1-9]\d?)"
    r"\$(?P<salt>[A-Za-z0-9+/]{11,86})\$(?P<checksum>[A-Za-z0-9+/]{22,86})",
    re.ASCII,
)
_DJANGO: Final = "argon2$"
_SALT_LENGTH: Final = 22  # 16 bytes
_CHECKSUM_LENGTH: Final = 43  # 32 bytes


class Argon2Format(HashFormat):
    """argon2id, argon2i and argon2d, also behind Django's `argon2`; up to 1 GiB and 20 passes."""

    name = "argon2"
    beginning = re.compile(r"(?:argon2)?\$argon2(?:id|i|d)\$")

    def __init__(self) -> None:
        argon2.get_backend()  # loads it; two threads that do so at once disturb each other

    @override
    def to_stored(self, text: str) -> str:
        if text.startswith(_DJANGO):
            text = text[len(_DJANGO) - 1 :]
        found = _WHOLE.fullmatch(text)
        if (
            not found
            or int(found["memory"]) < 8 * int(found["lanes"])
            or not is_canonical_base64(found["salt"])
            or not is_canonical_base64(found["checksum"])
        ):
            raise self.not_whole()
        if (
            int(found["memory"]) > MEMORY_KIB
            or int(found["time"]) > PASSES
            or int(found["lanes"]) > LANES
        ):
            raise self.too_dear(f"m={MEMORY_KIB},t={PASSES},p={LANES}")
        return text

    @override
    def kind(self, digest: str) -> str:
        return digest.rsplit("$", 2)[0] + "$"  # everything before the salt

    @override
    def decoy(self, digest: str) -> str:
        return self.kind(digest) + "A" * _SALT_LENGTH + "$" + "A" * _CHECKSUM_LENGTH

    @override
    def matches(self, password: str, digest: str) -> bool:
        return bool(argon2.verify(password, digest))
