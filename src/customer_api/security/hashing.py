"""Password hashes: argon2id for new ones, and those of the shops that customers come from.

Hashing runs on threads of its own, behind a bounded queue, and never on the event loop.
"""

import asyncio
import math
import os
import secrets
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, TypeVar

from passlib.hash import argon2

from customer_api.core.errors import Unavailable
from customer_api.observability.security_events import SecurityEvent, record
from customer_api.security.password_hashes import (
    decoy,
    is_supported_hash,
    kind_of,
    matches,
    remainder,
)

T = TypeVar("T")

LONGEST_WAIT_SECONDS: Final = 2.0
LONGEST_PASSWORD: Final = 4096  # characters; more is refused by the library
THREAD_NICENESS: Final = 10

_ESTIMATE_WEIGHT: Final = 1 / 8


class HashingBusy(Unavailable):
    """So many passwords wait to be hashed that this one's turn would come too late."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What the comparison of a password with a stored digest showed."""

    matches: bool
    replacement: str | None
    """A digest to store instead, when the password matched one of an older making."""


class PasswordHasher:
    """Hashes and verifies on threads that give way to the requests of others.

    Passwords are compared in their NFKC form, so that it does not matter how a keyboard composes an
    accent; digests from elsewhere may have been made of another form, so the text as sent is tried
    too.

    Digests from elsewhere take another time than ours, which would tell that an account exists. So a
    password that does not match its digest is compared with a decoy of every other kind there is, and
    with one for what the dearest digest of its own kind costs more.
    """

    def __init__(self, *, memory_kib: int, time_cost: int, threads: int) -> None:
        self._argon2 = argon2.using(
            type="ID", memory_cost=memory_kib, time_cost=time_cost, parallelism=1
        )
        self._threads = threads
        self._executor = ThreadPoolExecutor(
            threads, thread_name_prefix="hashing", initializer=_give_way
        )
        self._pending = 0
        # A digest that no password matches, of the cost of a real one; making it warms up, too.
        self._dummy = self._hash(secrets.token_urlsafe(32))
        self._decoys = {kind_of(self._dummy): self._dummy}
        _, self._estimate_seconds = _timed(lambda: self._verify("x", self._dummy))

    @property
    def own_kind(self) -> str:
        """How the digests begin that this hasher makes."""
        return kind_of(self._dummy)

    def learn(self, digests: Iterable[str]) -> None:
        """Let wrong passwords take the time of these kinds of digests, too."""
        for digest in filter(is_supported_hash, digests):
            known = self._decoys.get(kind_of(digest))
            if known is None or remainder(digest, known) is not None:
                # Threads read the mapping meanwhile, so it is replaced and never changed.
                self._decoys = {**self._decoys, kind_of(digest): decoy(digest)}

    async def hash(self, password: str) -> str:
        """Return a new argon2id digest.

        Raises:
            HashingBusy: the wait would exceed two seconds.
            ValueError: the password has lone surrogates, a NUL or more than 4096 characters, all of
                which are refused at the edge.
        """
        return await self._run(lambda: self._hash(password))

    async def verify(self, password: str, digest: str | None) -> Verification:
        """Compare a password with a stored digest; wrong ones cost the same whatever the digest.

        `None` and digests that nobody can verify never match, nor do passwords that `hash` refuses.

        Raises:
            HashingBusy: the wait would exceed two seconds.
        """
        if digest is not None:
            self.learn([digest])
        return await self._run(lambda: self._verify(password, digest))

    def close(self) -> None:
        """Finish what is being hashed and drop what waits."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def _run(self, work: Callable[[], T]) -> T:
        wait_seconds = self._pending * self._estimate_seconds / self._threads
        if wait_seconds > LONGEST_WAIT_SECONDS:
            record(SecurityEvent.HASHING_BUSY, pending=self._pending)
            raise HashingBusy(math.ceil(wait_seconds))
        self._pending += 1
        try:
            loop = asyncio.get_running_loop()
            result, seconds = await loop.run_in_executor(self._executor, _timed, work)
        finally:
            self._pending -= 1
        self._estimate_seconds += (seconds - self._estimate_seconds) * _ESTIMATE_WEIGHT
        return result

    def _hash(self, password: str) -> str:
        texts = _texts(password)
        if not texts:
            raise ValueError("this text cannot be a password")
        digest: str = self._argon2.hash(texts[0])
        return digest

    def _verify(self, password: str, digest: str | None) -> Verification:
        known = digest if digest is not None and is_supported_hash(digest) else self._dummy
        texts = _texts(password)
        match = next((text for text in texts if matches(text, known)), None)
        if match is None:
            self._verify_decoys(texts, known)
            return Verification(matches=False, replacement=None)
        ours = known.startswith("$argon2id$") and not self._argon2.needs_update(known)
        if ours and match == texts[0]:
            return Verification(matches=True, replacement=None)
        return Verification(matches=True, replacement=self._hash(password))

    def _verify_decoys(self, texts: tuple[str, ...], known: str) -> None:
        for kind, dearest in self._decoys.items():
            digest = remainder(dearest, known) if kind == kind_of(known) else dearest
            if digest is not None:
                for text in texts:
                    matches(text, digest)


def _texts(password: str) -> tuple[str, ...]:
    """Return the texts to try, the normal form first; none when it cannot be a password."""
    if len(password) > LONGEST_PASSWORD or "\0" in password or not _has_utf8(password):
        return ()
    normal = unicodedata.normalize("NFKC", password)
    if normal == password or len(normal) > LONGEST_PASSWORD:  # one character can become eighteen
        return (password,)
    return (normal, password)


def _has_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def _give_way() -> None:
    """Lower the priority of the present thread; only Linux knows priorities of single threads."""
    if sys.platform == "linux":  # pragma: no branch - depends on where the tests run
        thread = threading.get_native_id()
        niceness = max(THREAD_NICENESS, os.getpriority(os.PRIO_PROCESS, thread))
        with suppress(OSError):  # a sandbox may forbid it
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
