"""The contract for plugins; semantic versioning applies to everything in this module.

A plugin is a distribution that names an `Anonymizer` class under the entry point group
`customer_api.anonymizers`. See docs/writing-an-anonymizer.md.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection

ANONYMIZERS: Final = "customer_api.anonymizers"
"""Entry point group of foreign anonymizers."""


@dataclass(frozen=True, slots=True)
class ErasureContext:
    """Whom to forget, and the transaction to do it in."""

    connection: Connection
    """SQLAlchemy Core connection inside the erasure's transaction: never commit or roll back."""
    customer_id: int
    """Internal id, for joins."""
    reference: str
    """Public reference, for systems outside; it survives the erasure."""
    email_key: str
    """Normal form of the e-mail address, for data that is keyed by address."""
    now: datetime
    """The moment of the erasure, UTC."""


class Anonymizer(Protocol):
    """Forgets one kind of data about a customer."""

    name: str
    """Unique short name; it stands in receipts and decides the order among plugins."""

    def erase(self, context: ErasureContext) -> int:
        """Overwrite or delete the personal data and return the number of rows changed.

        Must be idempotent (0 when called again), touch only the context's connection, and raise
        when it cannot finish: then nothing of the whole erasure happens.
        """
