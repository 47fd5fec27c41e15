"""Opening files of all formats."""

from collections.abc import Collection
from typing import BinaryIO

from customer_api.transfers.csv_rows import CsvFile
from customer_api.transfers.ndjson_rows import NdjsonFile
from customer_api.transfers.rows import Format, RowFile


def open_rows(file: BinaryIO, form: Format, *, literal: Collection[str] = ()) -> RowFile:
    """Return the rows of a file; `literal` names columns that no spreadsheet mark is taken off.

    Raises:
        FileUnusable: the file is not UTF-8, or has no header where it needs one.
    """
    return CsvFile(file, literal=literal) if form is Format.CSV else NdjsonFile(file)
