"""The columns of a file of members of groups."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from customer_api.core.ids import Reference
from customer_api.core.labels import label_key
from customer_api.transfers.cells import parse_past_moment
from customer_api.transfers.columns import REFERENCE, Column, Columns, parse_reference
from customer_api.transfers.groups.columns import NAME, parse_group_name

COLUMNS: Final = (NAME, REFERENCE, "added")


@dataclass(frozen=True, slots=True)
class MemberRecord:
    """A row whose every cell is valid."""

    line: int
    name: str
    reference: Reference
    added_at: datetime | None = None

    @property
    def keys(self) -> tuple[str]:
        """What the row is known by: the group's name in any spelling, and the customer."""
        return (f"{self.reference} {label_key(self.name)}",)


def member_columns(*, now: datetime) -> Columns:
    """Return the columns in the order in which they are written; nobody was added after now."""
    return Columns(
        (
            Column(NAME, "name", parse_group_name, is_needed=True),
            Column(REFERENCE, "reference", parse_reference, is_needed=True),
            Column("added", "added_at", lambda cell: parse_past_moment(cell, now)),
        )
    )
