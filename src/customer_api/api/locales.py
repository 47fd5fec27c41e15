"""Which of the store's locales a client prefers (RFC 9110, section 12.5.4)."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

CACHE_SIZE: Final = 1024
LONGEST_HEADER: Final = 256


class Locales:
    """Negotiates between `Accept-Language` and the locales of the store."""

    def __init__(self, locales: Sequence[str]) -> None:
        """Take locales such as `de_DE`, the default first."""
        self._locales = tuple(locales)
        self.preferred = lru_cache(CACHE_SIZE)(self._preferred)
        """Like `negotiate`, remembered for the header values that come again and again."""

    @property
    def default(self) -> str:
        """The locale of clients without a preference."""
        return self._locales[0]

    def negotiate(self, accept_language: str) -> str:
        """Return the locale to answer in; the default when none fits or the header is odd."""
        if not accept_language or len(accept_language) > LONGEST_HEADER:
            return self.default
        return self.preferred(accept_language)

    def _preferred(self, accept_language: str) -> str:
        wishes = [_wish(part) for part in accept_language.split(",")]
        for tag, quality in sorted(wishes, key=lambda wish: -wish[1]):
            found = self._find(tag) if quality > 0 else None
            if found is not None:
                return found
        return self.default

    def _find(self, tag: str) -> str | None:
        wanted = tag.replace("-", "_").lower()
        for locale in self._locales:
            if locale.lower() == wanted:
                return locale
        language = wanted.partition("_")[0]
        for locale in self._locales:
            if locale.partition("_")[0] == language:
                return locale
        return None


def _wish(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    name, _, value = parameter.partition("=")
    try:
        quality = float(value) if name.strip() == "q" else 1.0
    except ValueError:
        quality = 0.0
    return tag.strip(), quality
