"""CSV files (RFC 4180) as streams of rows that know their lines."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from customer_api.transfers.report import Refusal


class FileUnusable(Exception):
    """No row of the file can be read; the message tells what to mend."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row with as many cells as the header."""

    line: int
    cells: list[str]


class CsvFile:
    """A file in UTF-8, with or without a byte order mark, whose first row names the columns."""

    def __init__(self, file: BinaryIO) -> None:
        """Read the header.

        The whole file is looked through for other encodings first, so that none is imported by
        half; `file` must be seekable.

        Raises:
            FileUnusable: the file is not UTF-8, or has no header.
        """
        self._file = file
        _require_utf8(file)
        self.size = file.tell()
        """Bytes of the file."""
        file.seek(0)
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._reader = csv.reader(text, strict=True)
        try:
            header = next(self._reader, [])
        except csv.Error:
            raise FileUnusable("the first line is not well-formed CSV") from None
        if not header:
            raise FileUnusable("the first line must name the columns")
        self.header = tuple(header)

    @property
    def position(self) -> int:
        """Bytes read so far; some kilobytes ahead of the row that was handed out last."""
        return self._file.tell()

    def rows(self) -> Iterator[CsvRow | Refusal]:
        """Yield the rows below the header once, and refusals of what cannot be one.

        Blank lines are passed over.
        """
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:  # a quote in the wrong place or never closed, or a huge cell
                yield Refusal(line, None, "not well-formed CSV")
                continue
            if len(cells) == len(self.header):
                yield CsvRow(line, cells)
            elif cells:
                reason = f"{len(cells)} cells where the header has {len(self.header)}"
                yield Refusal(line, None, reason)


def _require_utf8(file: BinaryIO) -> None:
    for number, line in enumerate(file, start=1):
        try:
            line.decode()
        except UnicodeDecodeError:
            raise FileUnusable(f"the file is not UTF-8 text (line {number})") from None
