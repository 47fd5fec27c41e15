"""The statements of a search, one for each combination of what it asks for.

All of them go from index to rows whatever the planner knows, so they cost the same at any size.
"""

from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ClauseElement,
    Column,
    ColumnElement,
    Executable,
    FromClause,
    Select,
    Text,
    and_,
    bindparam,
    cast,
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
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler

from customer_api.customers.models import Status
from customer_api.customers.repository import COLUMNS
from customer_api.customers.search.shape import (
    CONDITIONS,
    NEVER,
    SORTED_BY,
    TABLE,
    TEXTS,
    Order,
    Shape,
)

ESCAPE: Final = "/"
STATEMENT_CACHE_SIZE: Final = 512

_CURSOR: Final = TABLE.alias("cursor_row")
_WORDS: Final[ColumnElement[str]] = literal_column(
    "'  ' || customers.email_key || '  '"
    " || replace(customers.first_name_key || ' ' || customers.last_name_key, ' ', '  ')",
    Text(),
)
"""What is searched, in one text; two blanks are in front of each word, as the indexes have them."""
_WHOLE: Final = {TABLE.c.reference: "whole_reference", TABLE.c.email_key: "whole_email"}
"""What is also found by its whole value, with the parameter of that."""
_PRESENT: Final = frozenset({"present"})
_TOLD_BY_INDEX: Final = {Order.CREATED_AT: _PRESENT | {"created_from", "created_before"}}
"""Conditions that are part of the index of an order, or a range in it."""
OPTIMIZE: Final = text("INSERT INTO customer_search (customer_search) VALUES ('optimize')")
_FULL_TEXT: Final = table("customer_search", column("rowid"))
_QUERY: Final = bindparam("query", type_=Text())
_TRIGRAMS: Final[ColumnElement[Any]] = literal_column("customer_search")
_TERMS: Final = func.customer_terms(
    TABLE.c.email_key, TABLE.c.first_name_key, TABLE.c.last_name_key
)
"""What PostgreSQL has an index over."""
_HAS_TRIGRAMS: Final = _TRIGRAMS.op("MATCH")(_QUERY)
_HAS_TERMS: Final = _TERMS.op("@@")(cast(_QUERY, TSQUERY))
_MATCHES: Final = (
    select(_FULL_TEXT.c.rowid).where(_HAS_TRIGRAMS).limit(bindparam("rows")).subquery()
)
MATCHES: Final = select(
    func.count().label("number"),
    func.min(_MATCHES.c.rowid).label("first"),
    func.max(_MATCHES.c.rowid).label("last"),
)
"""How many SQLite's index finds, and between which ids; it stops at `rows`."""


class Explain(Executable, ClauseElement):
    """EXPLAIN as JSON."""

    inherit_cache = False

    def __init__(self, statement: Select[*tuple[Any, ...]]) -> None:
        self.statement = statement


@compiles(Explain, "postgresql")
def _compile_explain(element: Explain, compiler: SQLCompiler, **kwargs: Any) -> str:  # noqa: ANN401 - the compiler's own
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **kwargs)}"


def has_terms(dialect: str, query: str) -> ColumnElement[bool]:
    """Return the condition that the index finds a customer by a query in its language."""
    if dialect == "sqlite":
        return TABLE.c.id.in_(select(_FULL_TEXT.c.rowid).where(_TRIGRAMS.op("MATCH")(query)))
    return _TERMS.op("@@")(cast(query, TSQUERY))


@lru_cache(STATEMENT_CACHE_SIZE)
def listed(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for a part of the list, without a look at words."""
    rows = select(*COLUMNS).where(*_conditions(shape.conditions, TABLE))
    return _sorted(rows, shape, SORTED_BY[shape.order](TABLE), TABLE.c.id).limit(bindparam("most"))


@lru_cache(STATEMENT_CACHE_SIZE)
def seen(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for what a search finds among the first `rows` (a parameter) of a list."""
    conditions = shape.conditions - _told_by_index(shape)
    columns = {TABLE.c.id, *_columns(conditions)}
    words = [_WORDS.label("words"), *_WHOLE] if shape.words else []
    place = SORTED_BY[shape.order](TABLE).label("place")
    window = _window(shape, place, *words, *sorted(columns - {*words}, key=str)).subquery("seen")
    # Only what is found is read whole: copying all columns of the window took twice as long.
    found = select(*_shown(shape, window)).join_from(window, TABLE, TABLE.c.id == window.c.id)
    return (
        found.where(*_has_text(shape, window), *_conditions(conditions, window))
        .order_by(*_directed(shape, window.c.place, window.c.id))
        .limit(bindparam("most"))
    )


@lru_cache(STATEMENT_CACHE_SIZE)
def window_size(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for how many rows `seen` looks at: fewer than `rows` are all there are.

    The index of the order tells; SQLite would read the rows for any column that is in no index.
    """
    return select(func.count()).select_from(_window(shape, TABLE.c.id).subquery("seen"))


@lru_cache(STATEMENT_CACHE_SIZE)
def indexed(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for what a search finds by the index of trigrams, or by its conditions.

    That is found whole before it is sorted, so that no planner reads a list in its order instead; and
    only the rows of the page are read whole.
    """
    place = SORTED_BY[shape.order](TABLE).label("place")
    found = _found(shape, TABLE.c.id, place).cte("found").prefix_with("MATERIALIZED")
    page = _sorted(select(found), shape, found.c.place, found.c.id)
    chosen = page.limit(bindparam("most")).subquery("chosen")
    rows = select(*_shown(shape, chosen)).join_from(chosen, TABLE, TABLE.c.id == chosen.c.id)
    return rows.order_by(*_directed(shape, chosen.c.place, chosen.c.id))


@lru_cache(STATEMENT_CACHE_SIZE)
def sampled(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for what some that the index finds are sorted by, up to `rows`."""
    place = SORTED_BY[shape.order](TABLE).label("place")
    sample = select(place).where(*_conditions(shape.conditions, TABLE))
    if shape.dialect == "sqlite":
        joined = sample.join_from(_FULL_TEXT, TABLE, TABLE.c.id == _FULL_TEXT.c.rowid)
        return joined.where(_HAS_TRIGRAMS).limit(bindparam("rows"))
    # Planned as if all were read; but no more are than are wanted.
    found = sample.where(_HAS_TERMS).cte("found").prefix_with("MATERIALIZED")
    return select(found.c.place).limit(bindparam("rows"))


@lru_cache(STATEMENT_CACHE_SIZE)
def counted(shape: Shape) -> Select[*tuple[Any, ...]]:
    """Return the statement for the number of customers, however many pages they take."""
    return _found(shape, func.count(TABLE.c.id))


@lru_cache(STATEMENT_CACHE_SIZE)
def explained(shape: Shape) -> Explain:
    """Return the statement that asks PostgreSQL how many rows it expects."""
    return Explain(_found(shape, TABLE.c.id))


def _shown(shape: Shape, source: FromClause) -> tuple[Any, ...]:
    """Return the columns of a customer, and the text that is sorted by, so that rows can be merged."""
    return (*COLUMNS, source.c.place) if shape.order in TEXTS else COLUMNS


def _window(shape: Shape, *columns: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - columns of any type
    """Take the next rows of a list, of those that its own index tells apart."""
    told_apart = _conditions(_told_by_index(shape), TABLE)
    if shape.order is Order.REGISTERED_AT and Status.REGISTERED in shape.conditions:
        told_apart.append(SORTED_BY[shape.order](TABLE) < NEVER)
    if shape.begins:
        key = SORTED_BY[shape.order](TABLE)
        told_apart += [key >= bindparam("first"), key <= bindparam("last")]
    window = select(*columns).where(*told_apart)
    return _sorted(window, shape, SORTED_BY[shape.order](TABLE), TABLE.c.id).limit(
        bindparam("rows")
    )


def _told_by_index(shape: Shape) -> frozenset[str]:
    return shape.conditions & _TOLD_BY_INDEX.get(shape.order, _PRESENT)


def _conditions(names: frozenset[str], source: FromClause) -> list[ColumnElement[bool]]:
    return [CONDITIONS[name](source) for name in sorted(names)]


def _columns(conditions: frozenset[str]) -> set[Column[Any]]:
    """Return the columns of customers that conditions read."""
    parts = (part for it in _conditions(conditions, TABLE) for part in visitors.iterate(it))
    return {it for it in parts if isinstance(it, Column) and it.table is TABLE}


def _sorted(
    statement: Select[*tuple[Any, ...]],
    shape: Shape,
    key: ColumnElement[Any],
    identity: ColumnElement[Any],
) -> Select[*tuple[Any, ...]]:
    """Put rows in order; with a cursor they begin behind it."""
    place = _place(shape, key, identity)
    if shape.has_cursor:
        # Its row tells its place, so that no link holds a name or an address.
        of_cursor = _CURSOR.c.reference == bindparam("cursor")
        place_of_cursor = _place(shape, SORTED_BY[shape.order](_CURSOR), _CURSOR.c.id)
        cursor = tuple_(*(select(it).where(of_cursor).scalar_subquery() for it in place_of_cursor))
        here = tuple_(*place)
        statement = statement.where(here < cursor if shape.reads_backwards else here > cursor)
    return statement.order_by(*_directed(shape, *place))


def _place(
    shape: Shape, key: ColumnElement[Any], identity: ColumnElement[Any]
) -> tuple[ColumnElement[Any], ...]:
    """Return the columns that tell a place in an order; references are unique by themselves."""
    return (key,) if shape.order is Order.REFERENCE else (key, identity)


def _found(shape: Shape, *columns: Any) -> Select[*tuple[Any, ...]]:  # noqa: ANN401 - columns of any type
    """Look up what an index finds, and of that what meets all else."""
    found = select(*columns).where(*_has_text(shape, TABLE), *_conditions(shape.conditions, TABLE))
    if not shape.words:
        return found
    wholes = [it == bindparam(name) for it, name in _WHOLE.items()]
    if shape.dialect == "sqlite":
        by_words = select(_FULL_TEXT.c.rowid.label("id")).where(_HAS_TRIGRAMS)
        by_whole = (select(TABLE.c.id).where(it) for it in wholes)
        candidates = union(by_words, *by_whole).cte("candidates").prefix_with("MATERIALIZED")
        return found.join_from(candidates, TABLE, TABLE.c.id == candidates.c.id)
    return found.where(or_(_HAS_TERMS, *wholes))


def _has_text(shape: Shape, source: FromClause) -> list[ColumnElement[bool]]:
    """Compare with the words themselves: an index knows their trigrams, not in which order."""
    if not shape.words:
        return []
    words = _WORDS if source is TABLE else source.c.words
    patterns = (bindparam(f"word_{number}", type_=Text()) for number in range(shape.words))
    has_words = and_(*(words.like(pattern, escape=ESCAPE) for pattern in patterns))
    is_whole = (source.c[it.key] == bindparam(name) for it, name in _WHOLE.items())
    return [or_(has_words, *is_whole)]


def _directed(shape: Shape, *place: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    return [it.desc() if shape.reads_backwards else it.asc() for it in place]
