"""CSV files (RFC 4180) as streams of rows that know their lines."""

import csv
import io
from collections.abc import Collection, Iterator
from typing import BinaryIO

from typing_extensions import override

from customer_api.transfers.formulas import unescape
from customer_api.transfers.ndjson_rows import LONGEST
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import FileUnusable, Row, RowFile


class CsvFile(RowFile):
    """A file whose first row names the columns."""

    def __init__(self, file: BinaryIO, *, literal: Collection[str] = ()) -> None:
        """Read the header.

        Args:
            file: seekable, and at its beginning.
            literal: columns whose texts are never marked as harmless for spreadsheets.

        Raises:
            FileUnusable: the file is not UTF-8, or has no header.
        """
        super().__init__(file)
        csv.field_size_limit(LONGEST)  # of the process, which reads no other files
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self._reader = csv.reader(text, strict=True)
        try:
            header = next(self._reader, [])
        except csv.Error:
            raise FileUnusable("the first line is not well-formed CSV") from None
        if not header:
            raise FileUnusable("the first line must name the columns")
        self._header = tuple(header)
        self._literal = literal

    @property
    @override
    def header(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self._header

    @override
    def rows(self) -> Iterator[Row | Refusal]:
        """Yield the rows below the header, as texts without the mark against formulas."""
        width = len(self._header)
        readers = [str if name in self._literal else unescape for name in self._header]
        while True:
            line = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error:  # a quote in the wrong place or never closed, or a huge cell
                yield Refusal(line, None, "not well-formed CSV")
                continue
            if len(cells) == width:
                texts = (read(cell) for read, cell in zip(readers, cells, strict=True))
                yield Row(line, dict(zip(self._header, texts, strict=True)))
            elif cells:
                reason = f"{len(cells)} cells where the header has {width}"
                yield Refusal(line, None, reason)
