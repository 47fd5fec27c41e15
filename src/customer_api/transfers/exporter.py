"""Exporting rows of any kind, page by page."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Protocol

from sqlalchemy import Connection, Row, Select

from customer_api.audit import repository as audit
from customer_api.audit.models import COMMAND_LINE, Action
from customer_api.core.clock import Clock
from customer_api.core.db import UnitsOfWork

PAGE: Final = 1000
"""Rows of one statement."""

Cells = Sequence[object]
"""Values in the order of the columns: texts, booleans, numbers, what JSON has; None for nothing."""


class ExportKind:
    """What is particular to the files of one kind."""

    action: Action
    """What is noted of an export."""
    columns: tuple[str, ...]
    """Names in the file."""
    literal: frozenset[str] = frozenset()
    """Columns whose texts CSV files have as they are."""
    counting: Select[int]
    """Tells about how many rows there are."""
    paging: Select[*tuple[Any, ...]]
    """Returns up to `most` rows with ids behind `after`, in their order, and the ids first. Two ids
    that order rows together are behind `after` and `after2`."""
    ids: int = 1
    """How many ids order the rows."""

    @property
    def noted(self) -> tuple[str, ...]:
        """Names of the columns that are not empty anyway, for the audit."""
        return self.columns

    def cells(self, values: Sequence[Any]) -> Cells:
        """Return how the values behind the ids are written."""
        return values


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
        statement = self._kind.counting
        return await self._units.read(lambda it: it.execute(statement).scalar_one())

    async def run(self, file: RowWriter, advanced: Callable[[int], None] = lambda _: None) -> int:
        """Write all rows in the order of their ids, and return their number.

        An audit event is written first, so that one tells of an export that fails, too. Each page
        is read by itself: what others change meanwhile is exported as it was or as it is, row by
        row. `advanced` is told of the rows of each page.

        Raises:
            DatabaseUnavailable: the database cannot be reached (any more).
        """
        await self._units.write(self._note)
        written = 0
        last_ids: Sequence[int] = [0] * self._kind.ids
        while True:
            rows = await self._units.read(partial(self._page, after=last_ids))
            if not rows:
                return written
            ids = self._kind.ids
            file.write([self._kind.cells(row[ids:]) for row in rows])
            written += len(rows)
            last_ids = rows[-1][:ids]
            advanced(len(rows))

    def _page(self, connection: Connection, *, after: Sequence[int]) -> Sequence[Row[Any]]:
        parameters = dict(zip(("after", "after2"), after, strict=False))
        return connection.execute(self._kind.paging, {**parameters, "most": PAGE}).all()

    def _note(self, connection: Connection) -> None:
        kind, now = self._kind, self._clock.now()
        audit.add(connection, COMMAND_LINE, kind.action, "", now=now, fields=kind.noted)
