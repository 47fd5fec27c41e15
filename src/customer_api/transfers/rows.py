"""What files of all formats have in common: rows that know their lines."""

import codecs
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from customer_api.transfers.report import Refusal

_CHUNK: Final = 1 << 18
_SUFFIXES: Final = {".ndjson": "ndjson", ".jsonl": "ndjson"}


class FileUnusable(Exception):
    """No row of the file can be read; the message tells what to mend."""


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    NDJSON = "ndjson"

    @classmethod
    def of(cls, path: Path) -> "Format":
        """Return the format that a suffix stands for; CSV for any but .ndjson and .jsonl."""
        return cls(_SUFFIXES.get(path.suffix.lower(), cls.CSV))


@dataclass(frozen=True, slots=True)
class Row:
    """A row, or an object of JSON."""

    line: int
    cells: Mapping[str, object]
    """What is in the columns, by name: texts, and whatever else JSON has."""


class RowFile(ABC):
    """A file in UTF-8, with or without a byte order mark."""

    def __init__(self, file: BinaryIO) -> None:
        """Look through the whole file for other encodings, so that none is imported by half.

        Args:
            file: seekable, and left at its beginning.

        Raises:
            FileUnusable: the file is not UTF-8.
        """
        self._file = file
        self.digest = _digest(file)
        """SHA-256 of the content, as hexadecimal digits."""
        self.size = file.tell()
        """Bytes of the file."""
        file.seek(0)

    @property
    def header(self) -> tuple[str, ...] | None:
        """Names of the columns; None when each row has its own."""
        return None

    @property
    def position(self) -> int:
        """Bytes read so far; some kilobytes ahead of the row that was handed out last."""
        return self._file.tell()

    @abstractmethod
    def rows(self) -> Iterator[Row | Refusal]:
        """Yield the rows once, and refusals of what cannot be one, in the order of their lines.

        Blank lines are passed over.
        """


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
    while True:
        chunk = file.read(_CHUNK)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].count(b"\n")
            raise FileUnusable(f"the file is not UTF-8 text (line {line})") from None
        if not chunk:
            return digest.hexdigest()
        digest.update(chunk)
        line += chunk.count(b"\n")
