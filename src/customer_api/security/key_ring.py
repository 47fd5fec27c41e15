"""The signing keys of a process, which follow their files while it runs.

The first configured file signs. Beside it lie the keys that `customer-api keys rotate` replaced, as
`<name>.<kid>.pem`; they and all further configured files verify.
"""

import logging
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from customer_api.core.clock import Clock
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security.signing_keys import (
    SigningKey,
    SigningKeyInvalid,
    load_signing_keys,
    write_new_key,
)

logger = logging.getLogger(__name__)

LOOK_INTERVAL: Final = timedelta(minutes=1)
"""After so long at the most a running process follows a rotation."""

Fingerprint = tuple[tuple[str, int, int], ...]
"""Name, time of change and size of every file of a ring."""


class KeyRing:
    """Keys in memory: what signs, and what verifies. For use in one thread."""

    def __init__(self, paths: Sequence[Path], *, clock: Clock) -> None:
        """Load the keys.

        Raises:
            SigningKeyInvalid: a file cannot be used.
        """
        self._paths = tuple(paths)
        self._clock = clock
        self._seen = _fingerprint(self._paths)
        self._unusable: Fingerprint | None = None
        self._looked_at = clock.now()
        self._keys = _by_kid(self._paths)
        self.version = 0
        """Grows when the keys change, whoever looked."""

    @property
    def signing(self) -> SigningKey:
        """The key that signs new tokens."""
        return next(iter(self._keys.values()))

    @property
    def keys(self) -> tuple[SigningKey, ...]:
        """All keys, the signing one first."""
        return tuple(self._keys.values())

    def find(self, kid: str) -> SigningKey | None:
        """Return a key by its id.

        An unknown id is a reason to look at the files, because another process may have rotated; no
        file is opened unless one of them changed, whatever stands in the token.
        """
        return self._keys.get(kid) or (self._keys.get(kid) if self.look() else None)

    def is_due(self, now: datetime) -> bool:
        """Whether the last look is so old that a process that rotated could be missed."""
        return now - self._looked_at >= LOOK_INTERVAL

    def look(self) -> bool:
        """Follow the files; True when there are other keys than before.

        Files that cannot be used (any more) are logged, and the keys in memory stay; the same files
        are tried again after `LOOK_INTERVAL`.
        """
        now, seen = self._clock.now(), _fingerprint(self._paths)
        if seen == self._unusable and not self.is_due(now):
            return False
        self._looked_at = now
        if seen == self._seen:
            return False
        try:
            before, self._keys = self._keys, _by_kid(self._paths)
        except SigningKeyInvalid as error:
            self._unusable = seen
            logger.error("signing_keys_unusable", extra={"code": type(error).__name__})  # noqa: TRY400 - an operator's matter, no stack
            return False
        self._seen, self._unusable = seen, None
        if next(iter(before)) != self.signing.kid:
            record(SecurityEvent.SIGNING_KEY_ROTATED, kid=self.signing.kid)
        for kid in before.keys() - self._keys.keys():
            record(SecurityEvent.SIGNING_KEY_RETIRED, kid=kid)
        if tuple(before) == tuple(self._keys):
            return False
        self.version += 1
        return True


def ring_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return every file of a ring: the signing one, those it replaced by name, then the others."""
    first, *others = paths
    replaced = sorted(first.parent.glob(f"{first.stem}.*{first.suffix}"))
    return (first, *(path for path in replaced if path not in others), *others)


def rotate(path: Path) -> tuple[str, str]:
    """Put a new key at a path and keep the present one beside it; return the new and the old kid.

    Whenever this is interrupted, either key is at the path, and none is lost.

    Raises:
        SigningKeyInvalid: the present key cannot be used, or a file cannot be written.
    """
    (old,) = load_signing_keys([path])
    replaced = path.with_name(f"{path.stem}.{old.kid}{path.suffix}")
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_new_key(temporary)
        (new,) = load_signing_keys([temporary])
        with suppress(FileExistsError):
            replaced.hardlink_to(path)
        os.utime(replaced)  # the time of a replaced key's file is the time of its replacement
        temporary.replace(path)
    except OSError as error:
        raise SigningKeyInvalid(f"{path}: cannot be replaced ({error.strerror})") from error
    return new.kid, old.kid


def _by_kid(paths: Sequence[Path]) -> dict[str, SigningKey]:
    keys: dict[str, SigningKey] = {}
    for key in load_signing_keys(ring_files(paths)):
        keys.setdefault(key.kid, key)
    return keys


def _fingerprint(paths: Sequence[Path]) -> Fingerprint:
    """Return what changes when a file of the ring does; what cannot be seen is left out."""
    found = []
    for path in ring_files(paths):
        with suppress(OSError):
            state = path.stat()
            found.append((path.name, state.st_mtime_ns, state.st_size))
    return tuple(found)
