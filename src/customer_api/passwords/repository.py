"""Queries over requests for restore mails."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from customer_api.customers.emails import EMAIL_LENGTH, email_key
from customer_api.passwords.models import RestoreRequestRow

_ADD = insert(RestoreRequestRow)
_OLDEST = (
    select(RestoreRequestRow.id, RestoreRequestRow.email, RestoreRequestRow.requested_at)
    .order_by(RestoreRequestRow.id)
    .limit(1)
)
_TAKE = delete(RestoreRequestRow).where(RestoreRequestRow.id == bindparam("request"))
_FORGET = delete(RestoreRequestRow).where(RestoreRequestRow.email_key == bindparam("about"))


class RestoreRequest(NamedTuple):
    """A request, with the address as it was typed."""

    id: int
    email: str
    requested_at: datetime


def add(connection: Connection, email: str, *, now: datetime) -> None:
    """Store a request, whether the address has an account or not."""
    values = {
        "email": email[:EMAIL_LENGTH],
        "email_key": email_key(email)[:EMAIL_LENGTH],
        "requested_at": now,
    }
    connection.execute(_ADD, values)


def find_oldest(connection: Connection) -> RestoreRequest | None:
    """Return the request that waits longest; None when there is none."""
    row = connection.execute(_OLDEST).one_or_none()
    return None if row is None else RestoreRequest(*row)


def take(connection: Connection, request: RestoreRequest) -> bool:
    """Remove a request; False when somebody else has."""
    return connection.execute(_TAKE, {"request": request.id}).rowcount == 1


def forget(connection: Connection, key: str) -> int:
    """Remove the requests of an address, by its normal form; return how many."""
    return connection.execute(_FORGET, {"about": key}).rowcount
