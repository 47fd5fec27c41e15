"""When two names that a shop gives to things of its own are the same."""

import unicodedata
from typing import Final

KEY_FACTOR: Final = 4
"""Composing and folding make a text at most three times as long."""


def label_key(name: str) -> str:
    """Return the form in which no two things of a kind have the same name: composed and case-folded."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
