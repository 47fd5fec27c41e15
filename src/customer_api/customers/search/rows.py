"""How the rows of a page are found (decisions 0037 and 0064).

What is common fills the page from a window of the list, and what is rare is sorted as the index of
trigrams finds it. What is common and yet far away in the list is what its order is made of, a name or
the beginning of an address: that is read from the list, side by side, and the index finds the others.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Connection, Row

from customer_api.customers.emails import EMAIL_LENGTH
from customer_api.customers.models import Status
from customer_api.customers.search import statements
from customer_api.customers.search.index import LONGEST_BEGINNING, without
from customer_api.customers.search.shape import TEXTS, Shape

FOUND_BY_INDEX: Final = frozenset({"email", "reference", Status.ANONYMIZED, Status.LOCKED})
"""Conditions that few customers meet, or that no window of the list has."""
FEW: Final = 2000
"""So many that the index finds are sorted in the time that a look into the list takes."""
WINDOW: Final = 1000
"""Rows of a list that are looked at one by one before those are read that the index finds."""
FARTHEST: Final = 6000
"""Rows that are looked at when fewer are not likely to fill the page."""
ENOUGH: Final = 4
"""When a window fills one part in so many of a page, it tells how many rows would fill all of it."""
WIDER: Final = 1.5
"""So many times the rows that should fill a page are looked at."""
SAMPLE: Final = 500
COMMON: Final = 10
"""How many of the sample have a name when those with that name are looked up by it."""
SIDE_BY_SIDE: Final = 2
"""Pages of rows with one beginning that are looked at; as a rule all of them are found."""
LAST_CHARACTER: Final = chr(sys.maxunicode)

_Row = Row[*tuple[Any, ...]]
_Values = dict[str, Any]


def find_rows(
    connection: Connection, shape: Shape, values: _Values, words: Sequence[str]
) -> Sequence[_Row]:
    """Return the first rows, up to the parameter `most`, in the direction in which they are read."""
    if not shape.words and shape.conditions <= {"present"}:
        return connection.execute(statements.listed(shape), values).all()
    window = _first_window(connection, shape, values)
    if window is None:
        return connection.execute(statements.indexed(shape), values).all()
    seen, is_whole = _seen(connection, shape, values, window)
    wider = _wider_window(window, len(seen), values["most"])
    if not is_whole and wider > window:
        seen, is_whole = _seen(connection, shape, values, wider)
    if is_whole:
        return seen
    if shape.words and shape.order in TEXTS and "present" in shape.conditions:
        return _merged(connection, shape, values, words[0].strip())
    return connection.execute(statements.indexed(shape), values).all()


def _first_window(connection: Connection, shape: Shape, values: _Values) -> int | None:
    """Return how many rows of the list to look at first; None when it is the index that finds few.

    SQLite finds one after the other in the order of ids, so that the first of them tell how dense they
    are; PostgreSQL would find all first.
    """
    if shape.conditions & FOUND_BY_INDEX:
        return None
    if not shape.words or shape.dialect != "sqlite":
        return WINDOW
    found = connection.execute(statements.MATCHES, values | {"rows": FEW + 1}).one()
    if found.number <= FEW:
        return None
    likely = int(WIDER * values["most"] * (found.last - found.first + 1) / found.number)
    # Names that are alike lie together, wherever in a list of names that is.
    return likely if likely <= (WINDOW if shape.order in TEXTS else FARTHEST) else WINDOW


def _wider_window(window: int, found: int, most: int) -> int:
    """Return how many rows to look at when those in a window do not fill a page."""
    if found < most / ENOUGH:
        return WINDOW
    likely = int(WIDER * window * most / found)
    return likely if likely <= FARTHEST else WINDOW


def _seen(
    connection: Connection, shape: Shape, values: _Values, rows: int
) -> tuple[Sequence[_Row], bool]:
    """Return what is found among the next rows of the list, and whether that is the whole page."""
    values = values | {"rows": rows}
    found = connection.execute(statements.seen(shape), values).all()
    if len(found) == values["most"]:
        return found, True
    number = connection.execute(statements.window_size(shape), values).scalar_one()
    return found, int(number) < rows


def _merged(connection: Connection, shape: Shape, values: _Values, word: str) -> Sequence[_Row]:
    """Return the page put together from what the list has side by side, and from all else.

    Of a name that many have, the index would find all, to be sorted. In the list that is sorted by it
    they follow each other, and so do those whose name or address begins with the word.
    """
    rows: dict[int, _Row] = {}
    beginnings = []
    for beginning in _likely_beginnings(connection, shape, values, word):
        bounds = {"first": beginning, "last": beginning + LAST_CHARACTER * EMAIL_LENGTH}
        seen, is_whole = _seen(
            connection, replace(shape, begins=True), values | bounds, SIDE_BY_SIDE * values["most"]
        )
        if is_whole:
            beginnings.append(beginning)
            rows |= {row.id: row for row in seen}
    query = without(shape.dialect, values["query"], shape.order, beginnings)
    others = connection.execute(statements.indexed(shape), values | {"query": query}).all()
    rows |= {row.id: row for row in others}
    ordered = sorted(
        rows.values(), key=lambda row: (row.place, row.id), reverse=shape.reads_backwards
    )
    return ordered[: values["most"]]


def _likely_beginnings(
    connection: Connection, shape: Shape, values: _Values, word: str
) -> Sequence[str]:
    """Return what the names or addresses of many may begin with; nothing when few are found."""
    sample = (
        connection.execute(statements.sampled(shape), values | {"rows": SAMPLE}).scalars().all()
    )
    if len(sample) < SAMPLE:
        return ()
    names = Counter(it[:LONGEST_BEGINNING] for it in sample if word in it[1:])
    return (
        word[:LONGEST_BEGINNING],
        *(name for name, number in names.items() if number >= COMMON),
    )
