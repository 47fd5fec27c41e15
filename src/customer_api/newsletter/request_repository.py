"""Queries over what guests ask for, at which nobody has looked yet."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select

from customer_api.customers.emails import email_key
from customer_api.newsletter.models import Request, RequestRow, TypeId

_FORGET: Final = (
    delete(RequestRow)
    .where(RequestRow.email_key.in_(bindparam("keys", expanding=True)))
    .returning(RequestRow.id)
)
_ADD: Final = insert(RequestRow)
_OLDEST: Final = (
    select(
        RequestRow.id,
        RequestRow.type_id,
        RequestRow.email,
        RequestRow.locale,
        RequestRow.channel,
        RequestRow.text_version,
        RequestRow.asked_at,
    )
    .order_by(RequestRow.id)
    .limit(1)
)
_TAKE: Final = delete(RequestRow).where(RequestRow.id == bindparam("of"))


def add(connection: Connection, type_id: TypeId, request: Request) -> None:
    """Store what a guest asks for, whoever that is."""
    values = {
        "type_id": type_id,
        "email": request.email,
        "email_key": email_key(request.email),
        "locale": request.locale,
        "channel": request.channel,
        "text_version": request.text_version,
        "asked_at": request.asked_at,
    }
    connection.execute(_ADD, values)


def find_oldest(connection: Connection) -> tuple[int, TypeId, Request] | None:
    """Return id, newsletter and content of the request that waits longest."""
    row = connection.execute(_OLDEST).one_or_none()
    return None if row is None else (row.id, row.type_id, Request(*row[2:]))


def take(connection: Connection, request_id: int) -> bool:
    """Remove a request; False when somebody else has."""
    return connection.execute(_TAKE, {"of": request_id}).rowcount == 1


def forget(connection: Connection, keys: Collection[str]) -> int:
    """Remove the requests of mailboxes, by their normal forms; return how many."""
    return len(connection.execute(_FORGET, {"keys": sorted(keys)}).all())
