"""Privacy classes of columns.

Every mapped column declares one of these as its `info`; an architecture test fails the build for a
column without. The data map, erasure and export are checked against these declarations.
"""

from typing import Final

from sqlalchemy import Column

PERSONAL: Final = "personal"
KEPT: Final = "kept"


def personal() -> dict[str, str]:
    """Mark a column whose value erasure wipes, because it can lead to a person."""
    return {"privacy": PERSONAL}


def secret(reason: str) -> dict[str, str]:
    """Mark a personal column that not even its owner is shown, and say why.

    Erasure wipes it; an export tells only that there is something.
    """
    return {"privacy": PERSONAL, "secret": reason}


def kept(reason: str) -> dict[str, str]:
    """Mark a column that survives erasure, and say why that is right."""
    return {"privacy": KEPT, "reason": reason}


def kept_secret(reason: str) -> dict[str, str]:
    """Mark a column that survives erasure, and that not even its owner is shown; say why."""
    return kept(reason) | {"secret": reason}


def is_personal(column: Column[object]) -> bool:
    """Whether erasure wipes the column, secrets included."""
    return bool(column.info["privacy"] == PERSONAL)


def is_secret(column: Column[object]) -> bool:
    """Whether an export must not show the column's value."""
    return "secret" in column.info
