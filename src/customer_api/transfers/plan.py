"""What an import is going to do with a batch of rows, where a row is one row of a table."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from customer_api.transfers.importer import Record
from customer_api.transfers.report import ImportSummary, Refusal

Values = Mapping[str, object]
"""Columns of the table by name."""


@dataclass(slots=True)
class RowPlan:
    """What is to be written."""

    new: list[Values] = field(default_factory=list)
    """In the order of the file."""
    changed: dict[int, Values] = field(default_factory=dict)
    """By the ids of rows that exist and are different."""
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    def refuse(self, record: Record, reason: str) -> None:
        """Leave a row out."""
        self.refusals.append(Refusal(record.line, record.reference, reason))

    def summary(self) -> ImportSummary:
        """Return the counts."""
        return ImportSummary(len(self.new), len(self.changed), self.unchanged, len(self.refusals))
