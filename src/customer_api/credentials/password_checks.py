"""Comparing a password that somebody typed with the one that is stored, under the limits of logins."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection

from customer_api.core.db import UnitsOfWork
from customer_api.core.errors import AppError, DatabaseUnavailable
from customer_api.security.hashing import PasswordHasher
from customer_api.security.login_limits import LoginLimits

A = TypeVar("A")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TypedPassword:
    """What somebody typed, for which account, and from where."""

    subject: str
    """Normal form of the account's e-mail address, as it was typed."""
    password: str
    client_address: str


@dataclass(frozen=True, slots=True)
class RightPassword(Generic[A]):
    """A password that matched the digest that was stored."""

    account: A
    digest: str
    replacement: str | None
    """A better digest of the same password, to be stored instead."""

    def require_stored(self, stored: str | None) -> None:
        """Make sure, in the transaction that relies on it, that the digest is stored still.

        Raises:
            DigestChanged: it is not, and the password is compared with the other one.
        """
        if stored != self.digest:
            raise DigestChanged(stored)


class DigestChanged(AppError):
    """While we hashed, another login stored a better digest, or somebody changed the password."""

    def __init__(self, stored: str | None) -> None:
        super().__init__("another digest is stored")
        self.stored = stored


class PasswordChecks:
    """Lets something be done with the right password, and counts the wrong ones."""

    def __init__(
        self, *, units: UnitsOfWork[object], hasher: PasswordHasher, limits: LoginLimits
    ) -> None:
        self._units = units
        self._hasher = hasher
        self._limits = limits

    async def run(
        self,
        typed: TypedPassword,
        act: Callable[[RightPassword[A]], Awaitable[T]],
        *,
        find: Callable[[Connection], tuple[A | None, str | None]],
        refusal: type[AppError],
        record_failure: Callable[[A | None], None],
    ) -> T:
        """Return what `act` does with the right password; its transaction calls `require_stored`.

        A wrong password counts as a failed login, and so does whatever `act` refuses with `refusal`.
        Anything else that goes wrong counts as nothing.

        Args:
            typed: the attempt.
            act: what the password is for.
            find: reads the account and its digest; None for what there is not.
            refusal: what a wrong password is answered with.
            record_failure: records the event, with the account if there is one.

        Raises:
            TooManyAttempts: the account is blocked for this client address, or strangers to it wait.
            TooManyRequests: the address failed to log in to too many accounts.
            HashingBusy: too many passwords to compare at once.
        """
        reservation = await self._limits.reserve(typed.subject, typed.client_address)
        try:
            return await self._settle(
                typed.password, act, find=find, refusal=refusal, record_failure=record_failure
            )
        except refusal:
            raise
        except Exception:
            with suppress(DatabaseUnavailable):
                await self._limits.give_back(reservation)
            raise

    async def _settle(
        self,
        password: str,
        act: Callable[[RightPassword[A]], Awaitable[T]],
        *,
        find: Callable[[Connection], tuple[A | None, str | None]],
        refusal: type[AppError],
        record_failure: Callable[[A | None], None],
    ) -> T:
        account, digest = await self._units.read(find)
        while True:
            verification = await self._hasher.verify(password, digest)
            if not verification.matches or account is None or digest is None:
                record_failure(account)
                raise refusal
            try:
                return await act(RightPassword(account, digest, verification.replacement))
            except DigestChanged as change:
                digest = change.stored
            except refusal:
                record_failure(account)
                raise
