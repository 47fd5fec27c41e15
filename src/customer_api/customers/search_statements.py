"""The statements of a search, one for each combination of what it asks for.

All of them go from index to rows whatever the planner knows, so they cost the same at any size.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    CTE,
    ClauseElement,
    ColumnElement,
    Executable,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    column,
    func,
    literal_column,
    or_,
    select,
    table,
    text,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from customer_api.customers.models import CustomerRow, Status
from customer_api.customers.repository import COLUMNS

ESCAPE: Final = "/"
STATEMENT_CACHE_SIZE: Final = 512

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


# Groups are a feature above this one, so their tables are known by name alone.
_GROUPS: Final = table("customer_groups", column("id"), column("uuid"))
_MEMBERS: Final = table("customer_group_members", column("group_id"), column("customer_id"))
_GROUP: Final = select(_GROUPS.c.id).where(_GROUPS.c.uuid == bindparam("group")).scalar_subquery()


def _is_in_group(source: FromClause) -> ColumnElement[bool]:
    """Look up each row of a part of the table; over the whole table begin with the members."""
    members = select(_MEMBERS.c.customer_id).where(_MEMBERS.c.group_id == _GROUP)
    if source is _TABLE:
        return _TABLE.c.id.in_(members)
    return members.where(_MEMBERS.c.customer_id == source.c.id).exists()


def _registered_or_never(source: FromClause) -> ColumnElement[Any]:
    """Put who never registered last: the latest of moments, and as a text behind all digits."""
    return func.coalesce(source.c.registered_at, _NEVER)


_NEVER: Final[ColumnElement[Any]] = literal_column("'infinity'")
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
        _registered_or_never(it) == _NEVER,
        it.c.anonymized_at.is_(None),
        it.c.locked_at.is_(None),
    ),
}

_TABLE: Final[Table] = CustomerRow.__table__  # type: ignore[assignment]  # mapped to one table
_CURSOR: Final = _TABLE.alias("cursor_row")
_SORTED_BY: Final[Mapping[Order, Callable[[FromClause], ColumnElement[Any]]]] = {
    Order.CREATED_AT: lambda it: it.c.created_at,
    Order.EMAIL: lambda it: it.c.email_key,
    Order.LAST_NAME: lambda it: it.c.last_name_key,
    Order.FIRST_NAME: lambda it: it.c.first_name_key,
    Order.REFERENCE: lambda it: it.c.reference,
    Order.REGISTERED_AT: _registered_or_never,
}
_WORDS: Final[ColumnElement[str]] = literal_column(
    "'  ' || customers.email_key || '  '"
    " || replace(customers.first_name_key || ' ' || customers.last_name_key, ' ', '  ')",
    Text(),
)
"""What is searched, spelt as the indexes have it; two blanks are in front of each word."""
_WHOLE: Final = {_TABLE.c.reference: "whole_reference", _TABLE.c.email_key: "whole_email"}
"""What is also found by its whole value, with the parameter of that."""
_CONDITION_COLUMNS: Final = (
    "reference",
    "email_key",
    "first_name_key",
    "last_name_key",
    "locale",
    "created_at",
    "registered_at",
    "locked_at",
    "anonymized_at",
)
_PRESENT: Final = frozenset({"present"})
_TOLD_BY_INDEX: Final = {Order.CREATED_AT: _PRESENT | {"created_from", "created_before"}}
"""Conditions that are part of the index of an order, or a range in it."""
OPTIMIZE: Final = text("INSERT INTO customer_search (customer_search) VALUES ('optimize')")
_FULL_TEXT: Final = table("customer_search", column("rowid"))


class Explain(Executable, ClauseElement):
    """EXPLAIN as JSON."""

    inherit_cache = False

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement


@compiles(Explain, "postgresql")
def _compile_explain(element: Explain, compiler: SQLCompiler, **kwargs: Any) -> str:  # noqa: ANN401 - the compiler's own
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **kwargs)}"


@lru_cache(STATEMENT_CACHE_SIZE)
def listed(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for a part of the list, without a look at words."""
    statement = select(*COLUMNS).where(*_conditions(shape, _TABLE))
    return _sorted(statement, shape).limit(bindparam("most"))


@lru_cache(STATEMENT_CACHE_SIZE)
def seen(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for what a search finds among the first `rows` (a parameter) of a list."""
    columns = [_TABLE.c[name] for name in ("id", *_CONDITION_COLUMNS)]
    place = _SORTED_BY[shape.order](_TABLE).label("place")
    window = _window(shape, *columns, place, _WORDS.label("words")).subquery("seen")
    # Only what is found is read whole: copying all columns of the window took twice as long.
    found = select(*COLUMNS).join_from(window, _TABLE, _TABLE.c.id == window.c.id)
    return (
        found.where(*_has_text(shape, window, window.c.words), *_conditions(shape, window))
        .order_by(*(_directed(it, shape) for it in (window.c.place, window.c.id)))
        .limit(bindparam("most"))
    )


@lru_cache(STATEMENT_CACHE_SIZE)
def window_size(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for how many rows `seen` looks at: fewer than `rows` are all there are.

    The index of the order tells; SQLite would read the rows for any column that is in no index.
    """
    return select(func.count()).select_from(_window(shape, _TABLE.c.id).subquery("seen"))


@lru_cache(STATEMENT_CACHE_SIZE)
def indexed(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for what a search finds by the index of trigrams."""
    return _sorted(_found(shape, *COLUMNS), shape).limit(bindparam("most"))


@lru_cache(STATEMENT_CACHE_SIZE)
def counted(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for the number of customers, however many pages they take."""
    return _found(shape, func.count())


@lru_cache(STATEMENT_CACHE_SIZE)
def explained(shape: Shape) -> Explain:
    """Return the statement that asks PostgreSQL how many rows it expects."""
    return Explain(_found(shape, _TABLE.c.id))


def _window(shape: Shape, *columns: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - columns of any type
    """Take the next rows of a list, of those that its own index tells apart."""
    told_apart = [
        CONDITIONS[name](_TABLE)
        for name in sorted(shape.conditions & _TOLD_BY_INDEX.get(shape.order, _PRESENT))
    ]
    if shape.order is Order.REGISTERED_AT and Status.REGISTERED in shape.conditions:
        told_apart.append(_SORTED_BY[shape.order](_TABLE) < _NEVER)
    return _sorted(select(*columns).where(*told_apart), shape).limit(bindparam("rows"))


def _conditions(shape: Shape, source: FromClause) -> list[ColumnElement[bool]]:
    return [CONDITIONS[name](source) for name in sorted(shape.conditions)]


def _sorted(statement: Select[*tuple[Any, ...]], shape: Shape) -> Select[*tuple[Any, ...]]:
    """Put rows in order; with a cursor they begin behind it."""
    place = _place(shape, _TABLE)
    if shape.has_cursor:
        # Its row tells its place, so that no link holds a name or an address.
        of_cursor = _CURSOR.c.reference == bindparam("cursor")
        cursor = tuple_(
            *(select(it).where(of_cursor).scalar_subquery() for it in _place(shape, _CURSOR))
        )
        here = tuple_(*place)
        statement = statement.where(here < cursor if shape.reads_backwards else here > cursor)
    return statement.order_by(*(_directed(it, shape) for it in place))


def _place(shape: Shape, source: FromClause) -> tuple[ColumnElement[Any], ...]:
    """Return the columns that tell a place in an order; references are unique by themselves."""
    key = _SORTED_BY[shape.order](source)
    return (key,) if shape.order is Order.REFERENCE else (key, source.c.id)


def _found(shape: Shape, *columns: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - columns of any type
    """Look up what an index finds, and then the rows."""
    found = _matches(shape)
    statement = select(*columns).join_from(found, _TABLE, _TABLE.c.id == found.c.id)
    return statement.where(*_has_text(shape, _TABLE, _WORDS), *_conditions(shape, _TABLE))


def _matches(shape: Shape) -> CTE:
    if not shape.words:
        by_conditions = select(_TABLE.c.id).where(*_conditions(shape, _TABLE))
        return by_conditions.cte("found").prefix_with("MATERIALIZED")
    if shape.dialect == "sqlite":
        match = literal_column("customer_search").op("MATCH")(bindparam("match"))
        by_words = select(_FULL_TEXT.c.rowid.label("id")).where(match)
    else:
        trigrams = func.customer_trigrams(_WORDS, type_=ARRAY(Text))
        contained = trigrams.contains(bindparam("trigrams", type_=ARRAY(Text)))
        by_words = select(_TABLE.c.id).where(contained)
    by_whole = (
        select(_TABLE.c.id).where(column == bindparam(name)) for column, name in _WHOLE.items()
    )
    return union(by_words, *by_whole).cte("found").prefix_with("MATERIALIZED")


def _has_text(
    shape: Shape, source: FromClause, words: ColumnElement[str]
) -> list[ColumnElement[bool]]:
    """Compare with the words themselves: an index knows their trigrams, not in which order."""
    if not shape.words:
        return []
    patterns = (bindparam(f"word_{number}", type_=Text()) for number in range(shape.words))
    has_words = and_(*(words.like(pattern, escape=ESCAPE) for pattern in patterns))
    is_whole = (source.c[it.key] == bindparam(name) for it, name in _WHOLE.items())
    return [or_(has_words, *is_whole)]


def _directed(place: ColumnElement[Any], shape: Shape) -> ColumnElement[Any]:
    return place.desc() if shape.reads_backwards else place.asc()
