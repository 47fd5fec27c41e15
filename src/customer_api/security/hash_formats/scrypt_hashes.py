"""Hashes made by scrypt, stored as passlib writes them."""

import base64
import re
from typing import Final

from passlib.hash import scrypt
from typing_extensions import override

from customer_api.security.hash_formats.base import HashFormat, is_canonical_base64, unpadded

MEMORY_MIB: Final = 128  # N=2^17, r=8, the most that OWASP recommends
WORK: Final = 2**21  # N*r*p; about a second

_NUMBERS: Final = r"(?P<r>[1-9]\d{0,3})%s(?P<p>[1-9]\d{0,3})"
_WHOLE: Final = re.compile(
    rf"\$scrypt\$ln=(?P<ln>[1-9]\d?),r={_NUMBERS % ',p='}"
    r"\$(?P<salt>[A-Za-z0-9+/]{2,172})\$(?P<checksum>[A-Za-z0-9+/]{43})",
    re.ASCII,
)
_DJANGO: Final = re.compile(
    rf"scrypt\$(?P<n>[1-9]\d{{0,9}})\$(?P<salt>[!-#%-~]{{1,128}})\${_NUMBERS % '[$]'}"
    r"\$(?P<checksum>[A-Za-z0-9+/]{86}==)",
    re.ASCII,
)
_WERKZEUG: Final = re.compile(
    rf"scrypt:(?P<n>[1-9]\d{{0,9}}):{_NUMBERS % ':'}"
    r"\$(?P<salt>[!-#%-~]{1,128})\$(?P<checksum>[0-9a-f]{128})",
    re.ASCII,
)
_CHECKSUM_BYTES: Final = 32
_SALT_LENGTH: Final = 22  # 16 bytes
_CHECKSUM_LENGTH: Final = 43  # 32 bytes


class ScryptFormat(HashFormat):
    """passlib's `$scrypt$ln=..,r=..,p=..$`, Django's `scrypt$`, Werkzeug's `scrypt:`; 128 MiB at most.

    Django and Werkzeug keep 64 bytes of what scrypt derives. The first 32 of them are what it derives
    for whoever asks for 32, so these are stored, which is all that passlib compares.
    """

    name = "scrypt"
    beginning = re.compile(r"\$scrypt\$|scrypt[$:]")

    @override
    def to_stored(self, text: str) -> str:
        text = self._in_one_spelling(text)
        found = _WHOLE.fullmatch(text)
        if (
            not found
            or int(found["ln"]) >= 16 * int(found["r"])  # RFC 7914 section 2
            or not is_canonical_base64(found["salt"])
            or not is_canonical_base64(found["checksum"])
        ):
            raise self.not_whole()
        n, r, p = 2 ** int(found["ln"]), int(found["r"]), int(found["p"])
        # A lane takes little memory beside N blocks; one MiB more lets N=2^17 have some.
        if 128 * r * (n + p) > (MEMORY_MIB + 1) * 2**20 or n * r * p > WORK:
            raise self.too_dear(f"{MEMORY_MIB} MiB, N*r*p={WORK}")
        return text

    @override
    def kind(self, digest: str) -> str:
        return digest.rsplit("$", 2)[0] + "$"  # everything before the salt

    @override
    def decoy(self, digest: str) -> str:
        return self.kind(digest) + "A" * _SALT_LENGTH + "$" + "A" * _CHECKSUM_LENGTH

    @override
    def matches(self, password: str, digest: str) -> bool:
        return bool(scrypt.verify(password, digest))

    def _in_one_spelling(self, text: str) -> str:
        if found := _DJANGO.fullmatch(text):
            checksum = base64.b64decode(found["checksum"])
        elif found := _WERKZEUG.fullmatch(text):
            checksum = bytes.fromhex(found["checksum"])
        else:
            return text
        n = int(found["n"])
        if n & (n - 1):
            raise self.not_whole()
        settings = f"ln={n.bit_length() - 1},r={found['r']},p={found['p']}"
        salt = unpadded(found["salt"].encode())
        return f"$scrypt${settings}${salt}${unpadded(checksum[:_CHECKSUM_BYTES])}"
