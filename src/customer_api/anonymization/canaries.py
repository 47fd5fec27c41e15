"""Values that must be nowhere any more, in the forms in which copies of them could have survived."""

import base64
import hashlib
import html
import json
import quopri
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, quote_plus

from customer_api.customers.emails import email_key

SHORTEST: Final = 6
"""Characters of a canary; shorter ones turn up in any large file by chance."""
DIGESTS: Final = ("md5", "sha1", "sha256")


@dataclass(frozen=True, slots=True, order=True)
class Sighting:
    """A canary was found; its value is never repeated."""

    canary: int
    """Its number in the order given, from 1."""
    form: str
    """How it was written, such as `plain` or `base64`."""


class CanaryTooShort(ValueError):
    """A value would be found by chance."""


class Canaries:
    """Looks for values in bytes.

    Forms: plain, URL-, JSON- and HTML-escaped, quoted-printable, hex, UTF-16 (all of these in any
    spelling of upper and lower case), base64 at each of its three alignments, and for e-mail
    addresses the MD5, SHA-1 and SHA-256 of the address and of its normal form.

    Raises:
        CanaryTooShort: fewer than `SHORTEST` characters.
    """

    def __init__(self, values: Sequence[str]) -> None:
        if any(len(value) < SHORTEST for value in values):
            raise CanaryTooShort(f"a canary needs at least {SHORTEST} characters")
        self._folded: dict[bytes, Sighting] = {}
        self._exact: dict[bytes, Sighting] = {}
        for number, value in enumerate(values, start=1):
            for form, needle in _folded_forms(value):
                self._folded.setdefault(needle.lower(), Sighting(number, form))
            for form, needle in _exact_forms(value):
                self._exact.setdefault(needle, Sighting(number, form))

    @property
    def longest(self) -> int:
        """Bytes of the longest form: so much must overlap when a file is read in pieces."""
        return max(map(len, [*self._folded, *self._exact]), default=0)

    def find(self, haystack: bytes) -> frozenset[Sighting]:
        """Return which canaries are in the bytes, and in which forms."""
        found = _found(self._folded, haystack.lower())
        return frozenset(found | _found(self._exact, haystack))


def _found(needles: Mapping[bytes, Sighting], haystack: bytes) -> set[Sighting]:
    return {sighting for needle, sighting in needles.items() if needle in haystack}


def _spellings(value: str) -> set[str]:
    """Return the value as somebody could have stored it; ASCII letters are compared without case."""
    forms = {value, value.lower(), value.upper(), value.casefold(), email_key(value)}
    return forms | {unicodedata.normalize(form, text) for form in ("NFC", "NFD") for text in forms}


def _folded_forms(value: str) -> Iterator[tuple[str, bytes]]:
    for text in _spellings(value):
        data = text.encode()
        yield "plain", data
        yield "url", quote(text, safe="").encode()
        yield "url", quote(text).encode()
        yield "url", quote_plus(text).encode()
        yield "json", json.dumps(text)[1:-1].encode()
        yield "html", html.escape(text).encode()
        yield "quoted-printable", quopri.encodestring(data).replace(b"=\n", b"")
        yield "hex", data.hex().encode()
        yield "utf-16", text.encode("utf-16-le")
        yield "utf-16", text.encode("utf-16-be")
        for name, digest in _digests(text):
            yield name, digest.hex().encode()


def _exact_forms(value: str) -> Iterator[tuple[str, bytes]]:
    for text in _spellings(value):
        for core in _base64_cores(text.encode()):
            yield "base64", core
            yield "base64", core.translate(bytes.maketrans(b"+/", b"-_"))
        for name, digest in _digests(text):
            yield name, digest
            yield name, base64.b64encode(digest).rstrip(b"=")


def _digests(text: str) -> Iterator[tuple[str, bytes]]:
    if "@" in text:
        for name in DIGESTS:
            yield name, hashlib.new(name, text.encode(), usedforsecurity=False).digest()


def _base64_cores(data: bytes) -> Iterator[bytes]:
    """Yield the characters that depend on the data alone, whatever stands before and behind it."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data)
        first = -(-before * 8 // 6)
        yield encoded[first : (before + len(data)) * 8 // 6]
