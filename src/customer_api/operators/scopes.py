"""What callers of the back office may do. A role is a set of scopes; each route names one."""

from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """A permission, as tokens and clients name it (RFC 6749, section 3.3)."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_EMAIL = "customers:email"
    """Change the locked e-mail address of a customer, beside `customers:write`."""
    CUSTOMERS_ERASE = "customers:erase"
    CUSTOMERS_EXPORT = "customers:export"
    ADDRESSES_WRITE = "addresses:write"
    NOTES_READ = "notes:read"
    NOTES_WRITE = "notes:write"
    GROUPS_READ = "groups:read"
    GROUPS_WRITE = "groups:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    ACCESS_WRITE = "access:write"
    OPERATORS_WRITE = "operators:write"
    CLIENTS_WRITE = "clients:write"
    AUDIT_READ = "audit:read"
    OUTBOX_READ = "outbox:read"
    NEWSLETTER_WRITE = "newsletter:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"


class Role(StrEnum):
    """What an operator is."""

    ADMINISTRATOR = "administrator"
    SUPPORT = "support"
    VIEWER = "viewer"


_VIEWER: Final = frozenset(
    {Scope.CUSTOMERS_READ, Scope.NOTES_READ, Scope.GROUPS_READ, Scope.ORDERS_READ}
)
_SUPPORT: Final = _VIEWER | {
    Scope.CUSTOMERS_WRITE,
    Scope.ADDRESSES_WRITE,
    Scope.NOTES_WRITE,
    Scope.GROUPS_WRITE,
    Scope.OUTBOX_READ,
}
ROLE_SCOPES: Final = {
    Role.ADMINISTRATOR: frozenset(Scope),
    Role.SUPPORT: _SUPPORT,
    Role.VIEWER: _VIEWER,
}


def to_scopes(text: str) -> frozenset[Scope]:
    """Return the scopes of a space-separated list; those that are no more are left out."""
    return frozenset(Scope(name) for name in text.split() if name in set(Scope))


def from_scopes(scopes: frozenset[Scope]) -> str:
    """Return the space-separated list of scopes, in their own order."""
    return " ".join(scope for scope in Scope if scope in scopes)
