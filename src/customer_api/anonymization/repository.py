"""Queries over receipts."""

from sqlalchemy import Connection, bindparam, insert, select

from customer_api.anonymization.models import Actor, ErasureReceiptRow, Receipt
from customer_api.core.ids import CustomerId

_ADD = insert(ErasureReceiptRow)
_BY_REFERENCE = select(
    ErasureReceiptRow.reference,
    ErasureReceiptRow.actor,
    ErasureReceiptRow.erased_at,
    ErasureReceiptRow.rows_by_anonymizer,
).where(ErasureReceiptRow.reference == bindparam("reference"))


def add(connection: Connection, customer_id: CustomerId, receipt: Receipt) -> None:
    """Insert the receipt of an erasure."""
    connection.execute(
        _ADD,
        {
            "customer_id": customer_id,
            "reference": receipt.reference,
            "actor": receipt.actor,
            "erased_at": receipt.erased_at,
            "rows_by_anonymizer": receipt.rows_by_anonymizer,
        },
    )


def find(connection: Connection, reference: str) -> Receipt | None:
    """Return the receipt of a customer's erasure."""
    row = connection.execute(_BY_REFERENCE, {"reference": reference}).one_or_none()
    if row is None:
        return None
    return Receipt(row.reference, Actor(row.actor), row.erased_at, dict(row.rows_by_anonymizer))
