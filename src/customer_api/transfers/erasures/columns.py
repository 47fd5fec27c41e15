"""The columns of a file of anonymized customers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from customer_api.core.ids import Reference
from customer_api.transfers.cells import CellRefused, parse_past_moment
from customer_api.transfers.columns import REFERENCE, Column, Columns, parse_reference

COLUMNS: Final = (REFERENCE, "created", "anonymized")


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """A row whose every cell is valid."""

    line: int
    reference: Reference
    anonymized_at: datetime
    created_at: datetime | None = None

    @property
    def keys(self) -> tuple[str]:
        """What the row is known by."""
        return (self.reference,)


def erasure_columns(*, now: datetime) -> Columns:
    """Return the columns in the order in which they are written; nothing was done after now."""

    def parse_needed(cell: str) -> datetime:
        moment = parse_past_moment(cell, now)
        if moment is None:
            raise CellRefused("must not be empty")
        return moment

    return Columns(
        (
            Column(REFERENCE, "reference", parse_reference, is_needed=True),
            Column("created", "created_at", lambda cell: parse_past_moment(cell, now)),
            Column("anonymized", "anonymized_at", parse_needed, is_needed=True),
        )
    )
