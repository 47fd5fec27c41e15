"""Events as receivers see them: CloudEvents 1.0 in the structured JSON format."""

import json
from collections.abc import Mapping
from typing import Final

from customer_api.core.types import JsonObject
from customer_api.events.models import Event

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
SEQUENCE_DIGITS: Final = 19
"""Of the largest sequence, so that sequences are ordered as texts, too."""


def sequence_text(sequence: int) -> str:
    """Return a place in the log as readers and receivers see it."""
    return f"{sequence:0{SEQUENCE_DIGITS}d}"


def encode(event: Event, *, source: str, details: JsonObject) -> bytes:
    """Return an event in UTF-8.

    `sequence` and `partitionkey` are documented extensions: events with the same `partitionkey` come in
    the order of their `sequence`.

    Args:
        event: what happened.
        source: URI of this program's API.
        details: personal data to show beside the event's own data.
    """
    document: Mapping[str, object] = {
        "specversion": "1.0",
        "id": event.uuid,
        "source": source,
        "type": event.type,
        "subject": event.subject,
        "time": event.at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": sequence_text(event.sequence),
        "partitionkey": event.subject,
        "data": {**event.data, **details},
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
