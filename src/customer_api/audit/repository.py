"""Adding audit events."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert

from customer_api.audit.models import Action, Actor, AuditEventRow
from customer_api.core.ids import random_uuid

_ADD: Final = insert(AuditEventRow)


def add(
    connection: Connection,
    actor: Actor,
    action: Action,
    subject: str,
    *,
    now: datetime,
    fields: Iterable[str] = (),
) -> None:
    """Note what is done, in the transaction that does it.

    `subject` is the public id of what it is done to, `fields` are names of what is changed or asked
    for, never values.
    """
    add_each(connection, actor, action, (subject,), now=now, fields=fields)


def add_each(
    connection: Connection,
    actor: Actor,
    action: Action,
    subjects: Iterable[str],
    *,
    now: datetime,
    fields: Iterable[str] = (),
) -> None:
    """Note the same about several things, each in an event of its own; none is fine."""
    common = {
        "at": now,
        "actor_kind": actor.kind,
        "actor": actor.id,
        "action": action,
        "fields": ",".join(fields),
        "request_id": actor.request_id,
    }
    events = [{"uuid": random_uuid(), "subject": subject, **common} for subject in subjects]
    if events:
        connection.execute(_ADD, events)
