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
ENOUGH: Final = 4
"""When that fills one part in so many of a page, it is worth looking at more rows of the list."""
WIDER: Final = 1.5
"""So many times those that should fill it."""
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
    if not shape.conditions & FOUND_BY_INDEX and not _are_few(connection, shape, values):
        seen, is_whole = _seen(connection, shape, values, WINDOW)
        if not is_whole and len(seen) >= values["most"] / ENOUGH:
            likely = int(WIDER * WINDOW * values["most"] / len(seen))
            seen, is_whole = _seen(connection, shape, values, likely)
        if is_whole:
            return seen
        if shape.words and shape.order in TEXTS and "present" in shape.conditions:
            return _merged(connection, shape, values, words[0].strip())
    return connection.execute(statements.indexed(shape), values).all()


def _are_few(connection: Connection, shape: Shape, values: _Values) -> bool:
    """Ask SQLite, which finds one after the other; PostgreSQL would find all first."""
    if not shape.words or shape.dialect != "sqlite":
        return False
    found = connection.execute(statements.MATCHES, values | {"rows": FEW}).scalar_one()
    return int(found) < FEW


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
