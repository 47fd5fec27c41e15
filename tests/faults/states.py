"""How a database differs from what it was, without values that differ from run to run."""

from collections import Counter
from typing import Any

from tests.shop import Shop
from tests.tables import every_row

State = dict[tuple[str, Any], dict[str, Any]]
"""All rows, by table and primary key."""

Change = frozenset[tuple[str, int]]
"""What became of which kinds of rows, and how often; empty when nothing changed."""


async def state_of(shop: Shop) -> State:
    """Return all rows of all tables."""
    return {
        (table.name, tuple(row[column.name] for column in table.primary_key)): row
        for table, row in await every_row(shop)
    }


def change(before: State, after: State) -> Change:
    """Return what was added, removed, emptied and altered, column by column."""
    kinds = Counter(
        f"{kind} {table}"
        for kind, keys in (("+", after.keys() - before.keys()), ("-", before.keys() - after.keys()))
        for table, _ in keys
    )
    for key in before.keys() & after.keys():
        for column, value in after[key].items():
            if value != before[key][column]:
                verb = "emptied" if value is None else "altered"
                kinds[f"{verb} {key[0]}.{column}"] += 1
    return frozenset(kinds.items())
