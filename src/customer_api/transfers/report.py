"""What becomes of the rows of an imported file."""

import csv
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not imported; neither field quotes an e-mail, a name or a password."""

    line: int
    """Line of the file on which the row starts; the header is usually line 1."""
    reference: str | None
    """The customer's reference; None when the row has no well-formed one."""
    reason: str


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """How many rows had which fate; every row has exactly one."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    @property
    def rows(self) -> int:
        """All of them."""
        return self.created + self.updated + self.unchanged + self.refused

    def __add__(self, other: "ImportSummary") -> "ImportSummary":
        return ImportSummary(
            created=self.created + other.created,
            updated=self.updated + other.updated,
            unchanged=self.unchanged + other.unchanged,
            refused=self.refused + other.refused,
        )


class ReportFile:
    """Refused rows as CSV, for whoever mends the file."""

    def __init__(self, file: TextIO, *, size: int = 0) -> None:
        """Write the header, or go on behind the first `size` bytes.

        Args:
            file: opened for writing in UTF-8 with `newline=""`.
            size: bytes that an earlier attempt had written when its last batch was committed.
        """
        file.seek(size)
        file.truncate()
        self._file = file
        self._writer = csv.writer(file)
        if not size:
            self._writer.writerow(("line", "customer_reference", "error"))

    def add(self, refusal: Refusal) -> None:
        """Write a row; a missing reference is an empty cell."""
        self._writer.writerow((refusal.line, refusal.reference, refusal.reason))

    def flushed(self) -> int:
        """Hand what was added to the operating system, and return the bytes of the file."""
        self._file.flush()
        return self._file.tell()
