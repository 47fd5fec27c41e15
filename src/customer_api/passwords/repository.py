"""Queries over requests for restore mails."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, insert, select

from customer_api.customers.emails import EMAIL_LENGTH, email_key
from customer_api.passwords.models import RestoreRequestRow

_ADD = insert(RestoreRequestRow)
_NEXT = (
    select(RestoreRequestRow.id)
    .order_by(RestoreRequestRow.id)
    .limit(1)
    .with_for_update(skip_locked=True)  # compiles to nothing on SQLite, which has one writer anyway
)
_TAKE: Final = (
    delete(RestoreRequestRow)
    .where(RestoreRequestRow.id.in_(_NEXT))
    .returning(RestoreRequestRow.email, RestoreRequestRow.requested_at)
)
_ANY = select(RestoreRequestRow.id).limit(1)
_FORGET = delete(RestoreRequestRow).where(RestoreRequestRow.email_key == bindparam("about"))


class RestoreRequest(NamedTuple):
    """A request, with the address as it was typed."""

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


def has_any(connection: Connection) -> bool:
    """Return whether a request waits."""
    return connection.execute(_ANY).scalar() is not None


def take(connection: Connection) -> RestoreRequest | None:
    """Remove the oldest request that no other worker is taking; None when there is none."""
    row = connection.execute(_TAKE).one_or_none()
    return None if row is None else RestoreRequest(*row)


def forget(connection: Connection, key: str) -> int:
    """Remove the requests of an address, by its normal form; return how many."""
    return connection.execute(_FORGET, {"about": key}).rowcount
