"""The columns of a kind of file, and how a row is read by them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from customer_api.core.ids import Reference
from customer_api.transfers.cells import CellRefused
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import FileUnusable, Row

REFERENCE: Final = "customer_reference"
"""Column with the customer's reference, in files of every kind that is about customers."""

_REFERENCE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_COLUMN_NAME: Final = re.compile(r"[A-Za-z_0-9]{1,40}")
_WORDS: Final = {str: "a string", bool: "true, false", list: "an array", dict: "an object"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a member of each JSON object."""

    name: str
    """In the file."""
    attribute: str
    """In the program."""
    parse: Callable[[Any], object]
    """Turns what is in a cell into a value, or raises `CellRefused`; it is given a text, and "" for
    an empty cell and null. Booleans of JSON come as `true` and `false`, arrays and objects as they are."""
    json: type = str
    """What JSON can have here beside texts and null."""
    is_needed: bool = False
    is_literal: bool = False
    """Whether CSV files have the texts as they are, though a spreadsheet may see formulas."""


class Columns:
    """The columns that files of one kind can have, in the order in which they are written."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._columns = {column.name: column for column in columns}
        self._needed = tuple(it.name for it in self._columns.values() if it.is_needed)

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the file."""
        return tuple(self._columns)

    @property
    def literal(self) -> frozenset[str]:
        """Names of the columns whose texts are as they are in CSV files."""
        return frozenset(it.name for it in self._columns.values() if it.is_literal)

    def check(self, header: Sequence[str]) -> None:
        """Make sure that these columns can be read; one that is missing is left untouched.

        Raises:
            FileUnusable: a column is unknown, needed and missing, or there twice.
        """
        for number, name in enumerate(header, start=1):
            if name not in self._columns:
                # Without a header this is a cell of the first row, which is not to be shown.
                shown = name if _COLUMN_NAME.fullmatch(name) else f"number {number}"
                known = ", ".join(self._columns)
                raise FileUnusable(f"unknown column {shown}; known are, between commas: {known}")
        missing = [name for name in self._needed if name not in header]
        if missing:
            raise FileUnusable(f"the column {missing[0]} is missing")
        repeated = [name for name in header if header.count(name) > 1]
        if repeated:
            raise FileUnusable(f"the column {repeated[0]} is there twice")

    def read(self, row: Row) -> dict[str, Any] | Refusal:
        """Return the row's values by attribute, or a refusal that names every bad cell."""
        problems = [f"{name}: missing" for name in self._needed if name not in row.cells]
        values = {}
        for name, cell in row.cells.items():
            column = self._columns.get(name)
            if column is None:
                shown = name if _COLUMN_NAME.fullmatch(name) else "a name"
                problems.append(f"{shown}: no such column")
                continue
            try:
                values[column.attribute] = column.parse(
                    cell if cell.__class__ is str else _unified(cell, column.json)
                )
            except CellRefused as problem:
                problems.append(f"{name}: {problem}")
        return refusal(row, problems) if problems else values


def refusal(row: Row, problems: Iterable[str]) -> Refusal:
    """Return the refusal of a row, with its customer's reference if that is well-formed."""
    return Refusal(row.line, _well_formed(row.cells), "; ".join(problems))


def parse_reference(cell: str) -> Reference:
    """Return a customer's reference."""
    if not _REFERENCE.fullmatch(cell):
        raise CellRefused("must be 1 to 64 letters, digits, dots, hyphens or underscores")
    return Reference(cell)


def _well_formed(cells: Mapping[str, object]) -> Reference | None:
    cell = cells.get(REFERENCE)
    return Reference(cell) if isinstance(cell, str) and _REFERENCE.fullmatch(cell) else None


def _unified(cell: object, json: type) -> object:
    if cell is None:
        return ""
    if cell.__class__ is not json:
        raise CellRefused(f"must be {_WORDS[json]} or null")
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return cell
