"""The data map: every column of the database, why it is there after an erasure or who wipes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, MetaData

from customer_api.anonymization.holdings import HOLDINGS, Holding, camel_case
from customer_api.core.privacy import is_personal, is_secret

COLUMNS: Final = ("column", "class", "after erasure", "in the export")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the map says of one column."""

    table: str
    column: str
    privacy: str
    """`personal`, `secret` or `kept`."""
    after_erasure: str
    """Who wipes it, or why it is kept."""
    in_export: str
    """Name in the export of personal data; empty when it is not there."""


def entries(metadata: MetaData) -> Iterator[Entry]:
    """Yield an entry for each column, tables by name, columns in their order."""
    holdings = {holding.table.name: holding for holding in HOLDINGS}
    for table in sorted(metadata.tables.values(), key=lambda table: table.name):
        holding = holdings.get(table.name)
        for column in table.columns:
            yield Entry(
                table=table.name,
                column=column.name,
                privacy=_privacy(column),
                after_erasure=_after_erasure(column, holding),
                in_export=_in_export(column, holding),
            )


def document(metadata: MetaData) -> str:
    """Return the map in Markdown."""
    lines = [
        "# Data map",
        "",
        "Generated from the privacy classes of the columns by `customer-api docs`; "
        "`customer-api privacy map` prints it. What the classes mean, and how long things are kept "
        "without any erasure: [privacy.md](privacy.md).",
    ]
    table = None
    for entry in entries(metadata):
        if entry.table != table:
            table = entry.table
            lines += ["", f"## {table}", ""]
            lines += ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
        cells = (f"`{entry.column}`", entry.privacy, entry.after_erasure, entry.in_export)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _privacy(column: Column[Any]) -> str:
    if is_secret(column):
        return "secret"
    return "personal" if is_personal(column) else "kept"


def _after_erasure(column: Column[Any], holding: Holding | None) -> str:
    if not is_personal(column):
        return f"stays: {column.info['reason']}"
    assert holding is not None, f"{column.table.name} has a personal column and no holding"
    return f"wiped by `{holding.anonymizer}`"


def _in_export(column: Column[Any], holding: Holding | None) -> str:
    if holding is None or column not in set(holding.columns):
        return ""
    if is_secret(column):
        return f"named, not shown: {column.info['secret']}"
    return f"`{holding.part}.{camel_case(column.name)}`"
