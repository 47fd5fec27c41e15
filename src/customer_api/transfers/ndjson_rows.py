"""Files with one JSON object a line, as streams of rows that know their lines."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Final

from typing_extensions import override

from customer_api.jsonapi import strict_json
from customer_api.jsonapi.strict_json import JsonInvalid
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row, RowFile

LONGEST: Final = 1 << 22
"""Most bytes of a line; the largest order has three quarters of it, with every character escaped."""


class NdjsonFile(RowFile):
    """A file whose lines are JSON objects, each with the columns that it names."""

    def __init__(self, file: BinaryIO) -> None:
        """Pass over a byte order mark.

        Raises:
            FileUnusable: the file is not UTF-8.
        """
        super().__init__(file)
        if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)

    @override
    def rows(self) -> Iterator[Row | Refusal]:
        """Yield the objects; values are whatever JSON has."""
        line = 0
        while text := self._file.readline(LONGEST):
            line += 1
            if len(text) == LONGEST and not text.endswith(b"\n"):
                self._skip_line()
                yield Refusal(line, None, f"longer than {LONGEST} bytes")
            elif text := text.strip():
                yield _row(line, text)

    def _skip_line(self) -> None:
        while (rest := self._file.readline(LONGEST)) and not rest.endswith(b"\n"):
            pass


def _row(line: int, text: bytes) -> Row | Refusal:
    try:
        value = strict_json.parse(text)
    except JsonInvalid as refusal:
        return Refusal(line, None, str(refusal))
    if not isinstance(value, dict):
        return Refusal(line, None, "not a JSON object")
    return Row(line, value)
