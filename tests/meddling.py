"""Letting something happen while a password is being hashed, between two units of work."""

from collections.abc import Awaitable, Callable
from typing import Any

from customer_api.security.hashing import PasswordHasher


def during_next(
    hasher: PasswordHasher, method: str, action: Callable[[], Awaitable[object]]
) -> None:
    """Run an action before the next call of `hash` or `verify` does its work, once."""
    original = getattr(hasher, method)

    async def act_first(*arguments: Any) -> Any:
        setattr(hasher, method, original)
        await action()
        return await original(*arguments)

    setattr(hasher, method, act_first)
