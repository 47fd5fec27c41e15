"""What digests of passwords look like: those of ours, and those that customers bring along."""

import base64
import re
from typing import Final

# The last characters of salt and checksum hold fewer than six bits; only these are canonical.
_BCRYPT: Final = re.compile(
    r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]",
    re.ASCII,
)
_BCRYPT_COSTS: Final = range(4, 17)
_ARGON2: Final = re.compile(
    r"\$argon2id?\$(?:v=1[69]\$)?"
    r"m=(?P<memory>[1-9]\d{0,7}),t=(?P<time>[1-9]\d?),p=(?P<lanes>[1-9]\d?)"
    r"\$(?P<salt>[A-Za-z0-9+/]{11,86})\$(?P<checksum>[A-Za-z0-9+/]{22,86})",
    re.ASCII,
)
_ARGON2_MEMORY_KIB: Final = 1024 * 1024
_ARGON2_TIME: Final = 20
_ARGON2_LANES: Final = 16
_BCRYPT_LENGTH: Final = 53  # 22 characters of salt, 31 of checksum
_ARGON2_SALT_LENGTH: Final = 22  # 16 bytes
_ARGON2_CHECKSUM_LENGTH: Final = 43  # 32 bytes


def is_supported_hash(text: str) -> bool:
    """Tell whether this is a whole, canonical bcrypt, argon2id or argon2i hash of bearable cost.

    Bearable are bcrypt costs from 4 to 16, and argon2 up to 1 GiB, 20 passes and 16 lanes: what
    comes from elsewhere must not be able to stop the server.
    """
    if found := _BCRYPT.fullmatch(text):
        return int(found["cost"]) in _BCRYPT_COSTS
    if found := _ARGON2.fullmatch(text):
        lanes = int(found["lanes"])
        return (
            8 * lanes <= int(found["memory"]) <= _ARGON2_MEMORY_KIB
            and int(found["time"]) <= _ARGON2_TIME
            and lanes <= _ARGON2_LANES
            and _is_canonical_base64(found["salt"])
            and _is_canonical_base64(found["checksum"])
        )
    return False


def kind_of(digest: str) -> str:
    """Return what decides the cost of a supported hash: everything before its salt."""
    if digest.startswith("$2"):
        return f"$2b${digest[4:6]}$"  # the letter tells makers apart, not costs
    return digest.rsplit("$", 2)[0] + "$"


def decoy(digest: str) -> str:
    """Return a hash of the same kind that no password matches."""
    if digest.startswith("$2"):
        return kind_of(digest) + "." * _BCRYPT_LENGTH
    return kind_of(digest) + "A" * _ARGON2_SALT_LENGTH + "$" + "A" * _ARGON2_CHECKSUM_LENGTH


def _is_canonical_base64(text: str) -> bool:
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        return False
    return base64.b64encode(decoded).rstrip(b"=").decode() == text
