"""Privacy classes of columns.

Every mapped column declares one of the two as its `info`; an architecture test fails the build for a
column without. The data map, erasure and export are checked against these declarations.
"""

from typing import Final

PERSONAL: Final = "personal"
KEPT: Final = "kept"


def personal() -> dict[str, str]:
    """Mark a column whose value erasure wipes, because it can lead to a person."""
    return {"privacy": PERSONAL}


def kept(reason: str) -> dict[str, str]:
    """Mark a column that survives erasure, and say why that is right."""
    return {"privacy": KEPT, "reason": reason}
