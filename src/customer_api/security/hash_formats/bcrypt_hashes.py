"""Hashes made by bcrypt."""

import base64
import hashlib
import re
from typing import Final

from passlib.hash import bcrypt
from typing_extensions import override

from customer_api.security.hash_formats.base import HashFormat

COSTS: Final = range(4, 17)

# The last characters of salt and checksum hold fewer than six bits; only these are canonical.
_WHOLE: Final = re.compile(
    r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]",
    re.ASCII,
)
_DJANGO: Final = "bcrypt$"
_LENGTH: Final = 53  # 22 characters of salt, 31 of checksum
_SEEN_BYTES: Final = 72


class BcryptFormat(HashFormat):
    """`$2a$`, `$2b$` and `$2y$`, also behind Django's `bcrypt$`; costs from 4 to 16.

    bcrypt sees 72 bytes. Of longer passwords shops hashed the base64 of their SHA-512, which bcrypt
    cut at 72 characters.
    """

    name = "bcrypt"
    beginning = re.compile(r"(?:bcrypt\$)?\$2[aby]\$")

    def __init__(self) -> None:
        bcrypt.get_backend()  # loads it; two threads that do so at once disturb each other

    @override
    def to_stored(self, text: str) -> str:
        text = text.removeprefix(_DJANGO)
        found = _WHOLE.fullmatch(text)
        if not found:
            raise self.not_whole()
        if int(found["cost"]) not in COSTS:
            raise self.too_dear(f"cost {COSTS[-1]}")
        return text

    @override
    def kind(self, digest: str) -> str:
        return f"$2b${digest[4:6]}$"  # the letter tells makers apart, not costs

    @override
    def decoy(self, digest: str) -> str:
        return self.kind(digest) + "." * _LENGTH

    @override
    def matches(self, password: str, digest: str) -> bool:
        raw = password.encode()
        if len(raw) > _SEEN_BYTES:
            raw = base64.b64encode(hashlib.sha512(raw).digest())[:_SEEN_BYTES]
        return bool(bcrypt.verify(raw, digest))
