"""Importing that customers were anonymized, so that no file revives them here either."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select
from typing_extensions import override

from customer_api.audit.models import Action
from customer_api.core.ids import random_uuid
from customer_api.customers import references
from customer_api.customers.models import CustomerRow
from customer_api.transfers.columns import Columns
from customer_api.transfers.erasures.columns import ErasureRecord
from customer_api.transfers.importer import ImportKind
from customer_api.transfers.plan import RowPlan
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row

ALIVE: Final = "the customer is not anonymized here, and an import erases nobody"

_STORED: Final = select(CustomerRow.reference, CustomerRow.anonymized_at).where(
    CustomerRow.reference.in_(bindparam("references", expanding=True))
)
_ADD: Final = insert(CustomerRow)


class ErasureImport(ImportKind[ErasureRecord]):
    """Adds emptied rows for references that are not known."""

    action = Action.ERASURES_FILE_IMPORTED

    def __init__(self, columns: Columns, *, store: str) -> None:
        """Take the columns of the file, and the prefix of the references that this shop counts."""
        self.columns = columns
        self._store = store

    @override
    def parse(self, row: Row) -> ErasureRecord | Refusal:
        values = self.columns.read(row)
        return values if isinstance(values, Refusal) else ErasureRecord(row.line, **values)

    @override
    def plan(self, connection: Connection, records: Sequence[ErasureRecord]) -> RowPlan:
        rows = connection.execute(_STORED, {"references": [it.reference for it in records]})
        stored = {row[0]: row[1] for row in rows}
        plan = RowPlan()
        for record in records:
            if record.reference not in stored:
                plan.new.append(_emptied(record))
            elif stored[record.reference] is None:
                plan.refuse(record, ALIVE)
            else:
                plan.unchanged += 1
        return plan

    @override
    def write(self, connection: Connection, records: Sequence[ErasureRecord]) -> RowPlan:
        references.skip_imported(connection, self._store, [it.reference for it in records])
        plan = self.plan(connection, records)
        if plan.new:
            connection.execute(_ADD, plan.new)
        return plan


def _emptied(record: ErasureRecord) -> dict[str, object]:
    """Return the row that an erasure leaves (`customers/anonymizer.py`)."""
    nobody = f"anon-{random_uuid()}@anonymized.invalid"
    return {
        "reference": record.reference,
        "email": nobody,
        "email_key": nobody,
        "first_name_key": "",
        "last_name_key": "",
        "anonymized_at": record.anonymized_at,
        "created_at": record.created_at or record.anonymized_at,
        "updated_at": record.anonymized_at,
        "version": 1,
    }
