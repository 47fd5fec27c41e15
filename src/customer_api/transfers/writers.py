"""Writing rows in all formats."""

import csv
import io
import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from customer_api.jsonapi import strict_json
from customer_api.transfers.exporter import Cells, RowWriter
from customer_api.transfers.formulas import escape
from customer_api.transfers.rows import Format


class CsvWriter:
    """CSV (RFC 4180) in UTF-8 with line feeds, as the files of real shops."""

    def __init__(
        self, file: BinaryIO, columns: Sequence[str], *, literal: Collection[str] = ()
    ) -> None:
        """Write the header; texts of `literal` columns are written as they are."""
        self._file = file
        self._escapes = [name not in literal for name in columns]
        file.write((",".join(columns) + "\n").encode())

    def write(self, rows: Sequence[Cells]) -> None:
        """Add rows; None is an empty cell."""
        text = io.StringIO(newline="")
        minimal = csv.writer(text, lineterminator="\n")
        quoted = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for row in rows:
            cells = [
                _text(cell, escapes=escapes)
                for cell, escapes in zip(row, self._escapes, strict=True)
            ]
            # Python before 3.13 does not quote a carriage return that ends no line.
            writer = quoted if "\r" in "".join(cells) else minimal
            writer.writerow(cells)
        self._file.write(text.getvalue().encode())


class NdjsonWriter:
    """One JSON object a line."""

    def __init__(self, file: BinaryIO, columns: Sequence[str]) -> None:
        self._file = file
        self._columns = columns

    def write(self, rows: Sequence[Cells]) -> None:
        """Add rows; nothing and the empty text are null."""
        for row in rows:
            cells = (None if cell == "" else cell for cell in row)
            line = strict_json.serialize(dict(zip(self._columns, cells, strict=True)))
            self._file.write(line + b"\n")


def open_writer(
    file: BinaryIO, form: Format, columns: Sequence[str], *, literal: Collection[str] = ()
) -> RowWriter:
    """Return what writes rows into a file."""
    if form is Format.CSV:
        return CsvWriter(file, columns, literal=literal)
    return NdjsonWriter(file, columns)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when all went well, and else leaves nothing.

    Only its owner can read and write it.

    Raises:
        OSError: it cannot be written.
    """
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            yield cast("BinaryIO", file)
            file.flush()
            os.fsync(number)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _text(cell: object, *, escapes: bool) -> str:
    if isinstance(cell, str):
        return escape(cell) if escapes else cell
    if cell is None:
        return ""
    return strict_json.serialize(cell).decode()  # true, false, numbers, arrays
