"""What every format of password hashes can tell."""

import base64
import re
from abc import ABC, abstractmethod


class HashRefused(ValueError):
    """A hash that nobody should store; the text says why, and quotes none of it."""


class HashFormat(ABC):
    """One way to write password hashes.

    A *digest* is a hash as it is stored: one that `to_stored` returned.
    """

    name: str
    """For messages, such as `bcrypt`."""
    beginning: re.Pattern[str]
    """Matches the beginning of every hash of the format, damaged and other systems' ones included."""

    @abstractmethod
    def to_stored(self, text: str) -> str:
        """Return the hash as it is stored: one spelling for all systems that hash alike.

        A digest stays as it is.

        Raises:
            HashRefused: it is not whole, or one verification would cost too much.
        """

    @abstractmethod
    def kind(self, digest: str) -> str:
        """Return what decides the cost of a digest."""

    @abstractmethod
    def decoy(self, digest: str) -> str:
        """Return a digest of the same cost that no password matches."""

    def remainder(self, dearest: str, digest: str) -> str | None:
        """Return a decoy that costs by how much `dearest` costs more, which is of the same kind.

        None when nothing is missing, as always where the kind alone decides the cost.
        """
        del dearest, digest
        return None

    @abstractmethod
    def matches(self, password: str, digest: str) -> bool:
        """Compare a password, whatever its length, with a digest.

        Raises:
            ValueError: this cannot be computed, for instance for lack of memory.
        """

    def not_whole(self) -> HashRefused:
        """Return the refusal of a hash that is damaged."""
        return HashRefused(f"not a whole {self.name} hash")

    def too_dear(self, most: str) -> HashRefused:
        """Return the refusal of a hash that costs more than the format may."""
        return HashRefused(f"{self.name} of too high a cost (at most {most})")


def is_canonical_base64(text: str) -> bool:
    """Tell whether base64 without padding has no bits but those of whole bytes."""
    try:
        decoded = base64.b64decode(padded(text), validate=True)
    except ValueError:
        return False
    return unpadded(decoded) == text


def padded(text: str) -> str:
    """Return base64 with the padding that some systems leave out."""
    return text + "=" * (-len(text) % 4)


def unpadded(raw: bytes) -> str:
    """Return base64 without padding."""
    return base64.b64encode(raw).rstrip(b"=").decode()
