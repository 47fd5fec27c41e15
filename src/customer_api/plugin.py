"""The contract for plugins; semantic versioning applies to everything in this module.

A plugin is a distribution that names an `Anonymizer` class under the entry point group
`customer_api.anonymizers`, and, when what it holds can be shown to its owner, an `Exporter` class under
`customer_api.exporters`. See docs/writing-an-anonymizer.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from sqlalchemy import Connection

ANONYMIZERS: Final = "customer_api.anonymizers"
"""Entry point group of foreign anonymizers."""

EXPORTERS: Final = "customer_api.exporters"
"""Entry point group of foreign exporters."""


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


@dataclass(frozen=True, slots=True)
class ExportContext:
    """Whose data to show, and the transaction to read it in."""

    connection: Connection
    """SQLAlchemy Core connection inside the export's transaction: read only."""
    customer_id: int
    """Internal id, for joins."""
    reference: str
    """Public reference."""
    email_key: str
    """Normal form of the e-mail address, for data that is keyed by address."""


class Exporter(Protocol):
    """Shows one kind of data about a customer to its owner."""

    name: str
    """Unique short name; the export has the data under it."""

    def export(self, context: ExportContext) -> Sequence[Mapping[str, object]]:
        """Return what there is about the customer, one JSON object for each thing; may be empty.

        Values are JSON values (texts, numbers, booleans, None, lists and objects of them). Whatever
        the anonymizer of the same plugin wipes belongs here, except secrets such as digests.
        """
