"""What tells one search from another: its order, the conditions on rows, and which share of them it wants."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
)

from customer_api.customers.models import CustomerRow, Status

Condition = Callable[[FromClause], ColumnElement[bool]]
"""Makes a condition over the table, or over a part of it with the same columns."""


class Order(StrEnum):
    """What a list can be sorted by; customers alike in that follow each other as they were created."""

    CREATED_AT = "createdAt"
    EMAIL = "email"
    LAST_NAME = "lastName"
    FIRST_NAME = "firstName"
    REFERENCE = "customerReference"
    REGISTERED_AT = "registeredAt"


@dataclass(frozen=True, slots=True)
class Shape:
    """What tells one statement from another; all else is a parameter."""

    dialect: str
    order: Order = Order.CREATED_AT
    reads_backwards: bool = False
    """Whether rows are read from the last in the order to the first."""
    has_cursor: bool = False
    """Whether reading begins behind the customer with the reference `cursor`, who is in the list."""
    words: int = 0
    """How many words are looked for, parameters `word_0` and so on: patterns of LIKE with `ESCAPE`."""
    conditions: frozenset[str] = frozenset()
    """Names of `CONDITIONS`; a parameter has the name of its condition."""
    begins: bool = False
    """Whether the text that is sorted by lies between the parameters `first` and `last`."""


# Groups are a feature above this one, so their tables are known by name alone.
_GROUPS: Final = table("customer_groups", column("id"), column("uuid"))
_MEMBERS: Final = table("customer_group_members", column("group_id"), column("customer_id"))
_GROUP: Final = select(_GROUPS.c.id).where(_GROUPS.c.uuid == bindparam("group")).scalar_subquery()


def _is_in_group(source: FromClause) -> ColumnElement[bool]:
    """Look up each row of a part of the table; over the whole table begin with the members."""
    members = select(_MEMBERS.c.customer_id).where(_MEMBERS.c.group_id == _GROUP)
    if source is TABLE:
        return TABLE.c.id.in_(members)
    return members.where(_MEMBERS.c.customer_id == source.c.id).exists()


def _registered_or_never(source: FromClause) -> ColumnElement[Any]:
    """Put who never registered last: the latest of moments, and as a text behind all digits."""
    return func.coalesce(source.c.registered_at, NEVER)


NEVER: Final[ColumnElement[Any]] = literal_column("'infinity'")
CONDITIONS: Final[Mapping[str, Condition]] = {
    "email": lambda it: it.c.email_key == bindparam("email"),
    "reference": lambda it: it.c.reference == bindparam("reference"),
    # Nobody who is anonymized has a name, and the indexes of names know nobody who is.
    "first_name": lambda it: and_(
        it.c.first_name_key == bindparam("first_name"), it.c.anonymized_at.is_(None)
    ),
    "last_name": lambda it: and_(
        it.c.last_name_key == bindparam("last_name"), it.c.anonymized_at.is_(None)
    ),
    "locale": lambda it: it.c.locale == bindparam("locale"),
    "group": _is_in_group,
    "created_from": lambda it: it.c.created_at >= bindparam("created_from"),
    "created_before": lambda it: it.c.created_at < bindparam("created_before"),
    "present": lambda it: it.c.anonymized_at.is_(None),
    Status.ANONYMIZED: lambda it: it.c.anonymized_at.is_not(None),
    Status.LOCKED: lambda it: it.c.locked_at.is_not(None),
    Status.REGISTERED: lambda it: and_(it.c.registered_at.is_not(None), it.c.locked_at.is_(None)),
    # In the words of the index of registrations; SQLite takes that one in any case.
    Status.UNCONFIRMED: lambda it: and_(
        _registered_or_never(it) == NEVER,
        it.c.anonymized_at.is_(None),
        it.c.locked_at.is_(None),
    ),
}

TEXTS: Final = frozenset({Order.EMAIL, Order.FIRST_NAME, Order.LAST_NAME})
"""Orders of what is searched for words."""
TABLE: Final[Table] = CustomerRow.__table__  # type: ignore[assignment]  # mapped to one table
SORTED_BY: Final[Mapping[Order, Callable[[FromClause], ColumnElement[Any]]]] = {
    Order.CREATED_AT: lambda it: it.c.created_at,
    Order.EMAIL: lambda it: it.c.email_key,
    Order.LAST_NAME: lambda it: it.c.last_name_key,
    Order.FIRST_NAME: lambda it: it.c.first_name_key,
    Order.REFERENCE: lambda it: it.c.reference,
    Order.REGISTERED_AT: _registered_or_never,
}
