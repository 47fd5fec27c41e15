"""When two spellings of a name are found and sorted as one."""

import re
import unicodedata
from typing import Final

KEY_LENGTH: Final = 200
"""Most characters of a key. Normalising can make a text 18 times as long, and indexes have limits."""

_ACCENTS: Final = re.compile("[\u0300-\u036f]")
_BLANKS: Final = re.compile(r"\s+")


def name_key(name: str | None) -> str:
    """Return the form in which names are searched and sorted; "" for none.

    Compatibility forms are resolved and case is folded (Unicode NFKC and full case folding), accents
    are taken off Latin, Greek and Cyrillic letters, and runs of blanks are one space.
    """
    if not name:
        return ""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", name[:KEY_LENGTH]))
    folded = unicodedata.normalize("NFKC", plain).casefold()
    return _BLANKS.sub(" ", folded).strip()[:KEY_LENGTH]
