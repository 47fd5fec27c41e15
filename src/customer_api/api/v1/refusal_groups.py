"""Refusals that come together, for the documentation of routes."""

from typing import Final

from customer_api.api.auth import (
    AccessTokenMissing,
    AgentRequired,
    AgentTokenInvalid,
    IdentitiesMixed,
)
from customer_api.api.once import IdempotencyKeyInvalid
from customer_api.core.errors import AppError, Unavailable
from customer_api.idempotency.errors import IdempotencyKeyReused, RequestInProgress
from customer_api.jsonapi.query import PaginationInvalid, QueryInvalid
from customer_api.security.jwt import TokenInvalid
from customer_api.security.password_policy import (
    PasswordCharactersRefused,
    PasswordCommon,
    PasswordSequenceRefused,
    PasswordTooLong,
    PasswordTooShort,
)

ANY_QUERY: Final[tuple[type[AppError], ...]] = (QueryInvalid, PaginationInvalid)
"""What every route can answer to a bad query string."""

CUSTOMER_ONLY: Final[tuple[type[AppError], ...]] = (
    *ANY_QUERY,
    AgentTokenInvalid,
    IdentitiesMixed,
    TokenInvalid,
    AccessTokenMissing,
    Unavailable,
)
"""What every route for customers can answer before its own business."""

AGENT_ONLY: Final[tuple[type[AppError], ...]] = (
    *ANY_QUERY,
    AgentTokenInvalid,
    IdentitiesMixed,
    TokenInvalid,
    AgentRequired,
    Unavailable,
)
"""What every route for agents can answer before its own business."""

ONCE: Final[tuple[type[AppError], ...]] = (
    IdempotencyKeyInvalid,
    IdempotencyKeyReused,
    RequestInProgress,
)
"""What every route that heeds an `Idempotency-Key` can answer because of it."""

NEW_PASSWORD: Final[tuple[type[AppError], ...]] = (
    PasswordTooShort,
    PasswordTooLong,
    PasswordCharactersRefused,
    PasswordSequenceRefused,
    PasswordCommon,
    Unavailable,
)
"""What every route that sets a password can answer."""
