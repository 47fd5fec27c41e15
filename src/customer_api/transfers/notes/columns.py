"""The columns of a file of notes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from customer_api.audit.models import ActorKind
from customer_api.core.ids import Reference
from customer_api.notes.models import TEXT_LENGTH
from customer_api.transfers.cells import (
    CellRefused,
    parse_choice,
    parse_past_moment,
    parse_text,
    parse_uuid,
)
from customer_api.transfers.columns import REFERENCE, Column, Columns, parse_reference

COLUMNS: Final = ("note_uuid", REFERENCE, "author_kind", "author", "created", "text")
KINDS: Final = tuple(ActorKind)


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """A row whose every cell is valid."""

    line: int
    reference: Reference
    text: str
    uuid: str | None = None
    """None for a note that is known by its content."""
    author_kind: str | None = None
    author: str | None = None
    """Uuid of an operator or client, who need not be known here."""
    created_at: datetime | None = None

    @property
    def keys(self) -> tuple[str, ...]:
        """What the row is known by."""
        return () if self.uuid is None else (self.uuid,)


def note_columns(*, now: datetime) -> Columns:
    """Return the columns in the order in which they are written; nothing was written after now."""
    return Columns(
        (
            Column("note_uuid", "uuid", parse_uuid),
            Column(REFERENCE, "reference", parse_reference, is_needed=True),
            Column("author_kind", "author_kind", lambda cell: parse_choice(cell, KINDS)),
            Column("author", "author", parse_uuid),
            Column("created", "created_at", lambda cell: parse_past_moment(cell, now)),
            Column("text", "text", _parse_text, is_needed=True),
        )
    )


def _parse_text(cell: str) -> str:
    text = parse_text(cell, TEXT_LENGTH)
    if text is None:
        raise CellRefused("must not be empty")
    return text
