"""The columns of a file of groups."""

from dataclasses import dataclass
from typing import Any, Final

from customer_api.core.labels import label_key
from customer_api.groups.models import GroupRow
from customer_api.transfers.cells import CellRefused, parse_uuid, text_parser
from customer_api.transfers.columns import Column, Columns

NAME: Final = "group_name"
COLUMNS: Final = ("group_uuid", NAME, "description")


@dataclass(frozen=True, slots=True)
class GroupRecord:
    """A row whose every cell is valid."""

    line: int
    uuid: str | None
    """None for a group that is known by its name."""
    name: str
    values: dict[str, Any]
    """`description`, if the file has it."""
    reference: None = None

    @property
    def name_key(self) -> str:
        """The name in the spelling in which no two groups have the same."""
        return label_key(self.name)

    @property
    def keys(self) -> tuple[str, ...]:
        """What the row is known by: the name in any spelling, and the uuid."""
        return (self.name_key,) if self.uuid is None else (self.name_key, self.uuid)


def group_columns() -> Columns:
    """Return the columns in the order in which they are written."""
    table = GroupRow.__table__
    return Columns(
        (
            Column("group_uuid", "uuid", parse_uuid),
            Column(NAME, "name", parse_group_name, is_needed=True),
            Column("description", "description", text_parser(table.c.description)),
        )
    )


def parse_group_name(cell: str) -> str:
    """Return the name of a group."""
    name = text_parser(GroupRow.__table__.c.name)(cell)
    if name is None:
        raise CellRefused("must not be empty")
    return name
