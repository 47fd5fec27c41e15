"""Erasures on the wire: their previews and their receipts."""

from typing import Final

from customer_api.anonymization.by_operators import ErasurePreview
from customer_api.anonymization.models import Actor, Receipt
from customer_api.api import openapi
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp

PREVIEW: Final = "erasure-previews"
RECEIPT: Final = "erasure-receipts"

_COUNTS: Final = {"type": "object", "additionalProperties": openapi.INTEGER}
PREVIEW_SHAPE: Final = openapi.Shape(
    PREVIEW,
    {
        "erased": _COUNTS,
        "kept": {"type": "object", "additionalProperties": {"type": "object"}},
        "confirmation": openapi.STRING,
        "expiresAt": openapi.TIMESTAMP,
    },
    id_schema=openapi.NO_ID,
)
RECEIPT_SHAPE: Final = openapi.Shape(
    RECEIPT, {"actor": {"enum": list(Actor)}, "erasedAt": openapi.TIMESTAMP, "erased": _COUNTS}
)


def to_preview(preview: ErasurePreview, links: Links) -> Resource:
    """Return a preview: rows by anonymizer, and what stays of each table, with the reason."""
    return Resource(
        type=PREVIEW,
        id=None,
        attributes={
            "erased": dict(preview.erased),
            "kept": {
                part: {"rows": kept.rows, "columns": dict(kept.columns)}
                for part, kept in preview.kept.items()
            },
            "confirmation": preview.confirmation,
            "expiresAt": timestamp(preview.expires_at),
        },
        self_link=links.path("customers", preview.reference, PREVIEW),
    )


def to_receipt(receipt: Receipt, links: Links) -> Resource:
    """Return a receipt."""
    return Resource(
        type=RECEIPT,
        id=receipt.reference,
        attributes={
            "actor": receipt.actor,
            "erasedAt": timestamp(receipt.erased_at),
            "erased": receipt.rows_by_anonymizer,
        },
        self_link=links.path("customers", receipt.reference, "erasure-receipt"),
    )
