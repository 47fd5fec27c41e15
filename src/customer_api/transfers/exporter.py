"""Exporting rows of any kind, page by page."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from sqlalchemy import Connection

from customer_api.audit import repository as audit
from customer_api.audit.models import COMMAND_LINE, Action
from customer_api.core.clock import Clock
from customer_api.core.db import UnitsOfWork

PAGE: Final = 1000
"""Rows of one statement."""

Cells = Sequence[object]
"""Values in the order of the columns: texts, booleans, numbers, what JSON has; None for nothing."""


@dataclass(frozen=True, slots=True)
class ExportedPage:
    """Rows in the order of their ids."""

    rows: Sequence[Cells]
    last_id: int
    """Where the next page begins; the rows may be fewer than the ids, as nested ones are."""


class ExportKind(ABC):
    """What is particular to the files of one kind."""

    action: Action
    """What is noted of an export."""
    columns: tuple[str, ...]
    """Names in the file."""
    literal: frozenset[str] = frozenset()
    """Columns whose texts CSV files have as they are."""

    @property
    def noted(self) -> tuple[str, ...]:
        """Names of the columns that are not empty anyway, for the audit."""
        return self.columns

    @abstractmethod
    def count(self, connection: Connection) -> int:
        """Return about how many rows there are."""

    @abstractmethod
    def page(self, connection: Connection, after: int, most: int) -> ExportedPage | None:
        """Return the rows whose ids follow one; None when there are none."""


class RowWriter(Protocol):
    """A file that is being written."""

    def write(self, rows: Sequence[Cells]) -> None:
        """Add rows."""


class Exporter:
    """Writes everything of a kind into a file."""

    def __init__(self, kind: ExportKind, *, units: UnitsOfWork[Any], clock: Clock) -> None:
        self._kind = kind
        self._units = units
        self._clock = clock

    async def count(self) -> int:
        """Return about how many rows there will be."""
        return await self._units.read(self._kind.count)

    async def run(self, file: RowWriter, advanced: Callable[[int], None] = lambda _: None) -> int:
        """Write all rows in the order of their ids, and return their number.

        An audit event is written first, so that one tells of an export that fails, too. Each page
        is read by itself: what others change meanwhile is exported as it was or as it is, row by
        row. `advanced` is told of the rows of each page.

        Raises:
            DatabaseUnavailable: the database cannot be reached (any more).
        """
        await self._units.write(self._note)
        written, last_id = 0, 0
        while True:
            page = await self._units.read(partial(self._kind.page, after=last_id, most=PAGE))
            if page is None:
                return written
            file.write(page.rows)
            written += len(page.rows)
            last_id = page.last_id
            advanced(len(page.rows))

    def _note(self, connection: Connection) -> None:
        kind, now = self._kind, self._clock.now()
        audit.add(connection, COMMAND_LINE, kind.action, "", now=now, fields=kind.noted)
