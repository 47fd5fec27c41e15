"""Recording events: in the transaction of what they tell of, so that neither is there without the other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert

from customer_api.core.ids import random_uuid
from customer_api.events.models import EventRow, EventType

_ADD: Final = insert(EventRow)
_NOTHING: Final[Mapping[str, object]] = {}


def record(
    connection: Connection,
    type: EventType,  # noqa: A002 - as CloudEvents call it
    subject: str,
    *,
    now: datetime,
    data: Mapping[str, object] = _NOTHING,
) -> None:
    """Add an event.

    Args:
        connection: in a transaction that has locked the subject, so that events of one subject have
            its order.
        type: what happened.
        subject: a customer's reference, or another public id.
        now: when it happened.
        data: JSON values: public ids and names of fields, never personal data. Receivers that may see
            the customer are shown what it is when they are told.
    """
    row = {"uuid": random_uuid(), "type": type, "subject": subject, "at": now, "data": dict(data)}
    connection.execute(_ADD, row)
