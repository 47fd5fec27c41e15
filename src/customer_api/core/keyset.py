"""Lists that are read page by page from one thing to the next, never from an offset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from customer_api.core.errors import AppError

T = TypeVar("T")
Key = ColumnElement[Any] | InstrumentedAttribute[Any]
Place = tuple[Any, ...]
"""Values of the columns by which a list is sorted."""
Values = Mapping[InstrumentedAttribute[str], str]
"""Columns, and what is wanted in them."""

CURSOR: Final = "cursor"
"""Parameter of a statement that finds a place: what the list names the thing there."""


class CursorUnknown(AppError):
    """The list does not have the thing behind or before which a page should be."""


@dataclass(frozen=True, slots=True)
class CursorPage:
    """The part of a list that was asked for; at most one of `after` and `before` is given."""

    size: int
    after: str | None = None
    """What the list names the thing behind which the page begins."""
    before: str | None = None
    """What it names the thing before which the page ends."""

    @property
    def cursor(self) -> str | None:
        """What the list names the thing beside the page."""
        return self.after or self.before

    @property
    def most(self) -> int:
        """How many rows to read: one more than is shown tells whether there are others."""
        return self.size + 1


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """A page of a list, in its order."""

    entries: tuple[T, ...]
    has_previous: bool
    has_next: bool


def cut(rows: Sequence[T], page: CursorPage) -> Part[T]:
    """Return the page; `rows` are up to `page.most`, with `before` read from the page's end."""
    has_more = len(rows) > page.size
    shown = tuple(rows[: page.size])
    if page.before is not None:
        return Part(shown[::-1], has_previous=has_more, has_next=True)
    return Part(shown, has_previous=page.after is not None, has_next=has_more)


def find_place(
    connection: Connection, statement: Select[*tuple[Any, ...]], page: CursorPage, **others: object
) -> Place | None:
    """Return the place beside a page; None for the first page.

    `statement` selects it by the parameter `CURSOR` and the others.

    Raises:
        CursorUnknown: the list does not have what the cursor names.
    """
    if page.cursor is None:
        return None
    place = connection.execute(statement, {**others, CURSOR: page.cursor}).one_or_none()
    if place is None:
        raise CursorUnknown
    return tuple(place)


def newest_of(
    statement: Select[*tuple[Any, ...]],
    keys: Sequence[InstrumentedAttribute[Any]],
    wanted: tuple[Values, Values],
    page: CursorPage,
    *,
    above: Place,
    below: Place,
    cursor: Place | None,
) -> Select[*tuple[Any, ...]]:
    """Return the statement for a page between two places, and beside a third; the largest keys first.

    Of what is wanted, an index has the first columns in front of the keys, which are unique and never
    null; the others are looked at in the rows. A planner that was told of equal values would take an
    index over the keys alone, and read it from end to end where few rows have them. So the first ones
    are part of the order.
    """
    chosen, others = wanted
    is_turned = page.before is not None
    if cursor is not None and is_turned:
        above = max(above, cursor)
    elif cursor is not None:
        below = min(below, cursor)
    columns = (*chosen, *keys)

    def there(place: Place) -> ColumnElement[Any]:
        values = zip((*chosen.values(), *place), columns, strict=True)
        return tuple_(*(literal(value, column.type) for value, column in values))

    return (
        statement.where(tuple_(*columns) < there(below), tuple_(*columns) > there(above))
        .where(*(it.concat("") == value for it, value in others.items()))  # no index may be used
        .order_by(*(it.asc() if is_turned else it.desc() for it in columns))
        .limit(page.most)
    )


class KeysetList:
    """A list in the order of some columns, which an index has.

    Args:
        statement: selects everything in the list, by parameters of its own.
        keys: the columns it is sorted by, none of them ever null, together unique.
        place: selects the keys of one thing by the parameter `CURSOR` and those of `statement`.
        newest_first: whether the list begins with the largest keys.
    """

    def __init__(
        self,
        statement: Select[*tuple[Any, ...]],
        keys: Sequence[Key],
        *,
        place: Select[*tuple[Any, ...]],
        newest_first: bool,
    ) -> None:
        self._place = place
        self._newest_first = newest_first
        self._names = tuple(f"key_{number}" for number in range(len(keys)))
        self._statements = {
            (has_cursor, downwards): self._reading(
                statement, keys, has_cursor=has_cursor, downwards=downwards
            )
            for has_cursor in (False, True)
            for downwards in (False, True)
        }

    def read(
        self, connection: Connection, page: CursorPage, parameters: Mapping[str, object]
    ) -> Part[Row[*tuple[Any, ...]]]:
        """Return a page of the list.

        Raises:
            CursorUnknown: the list does not have what the cursor names.
        """
        is_turned = page.before is not None
        values = dict(parameters) | {"most": page.most}
        place = find_place(connection, self._place, page, **parameters)
        if place is not None:
            values |= zip(self._names, place, strict=True)
        statement = self._statements[page.cursor is not None, self._newest_first != is_turned]
        return cut(connection.execute(statement, values).all(), page)

    def _reading(
        self,
        statement: Select[*tuple[Any, ...]],
        keys: Sequence[Key],
        *,
        has_cursor: bool,
        downwards: bool,
    ) -> Select[*tuple[Any, ...]]:
        if has_cursor:
            named = zip(self._names, keys, strict=True)
            here, there = tuple_(*keys), tuple_(*(bindparam(it, type_=k.type) for it, k in named))
            statement = statement.where(here < there if downwards else here > there)
        order = (key.desc() if downwards else key.asc() for key in keys)
        return statement.order_by(*order).limit(bindparam("most"))
