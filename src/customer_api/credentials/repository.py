"""Queries over password digests and one-time keys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.core.ids import CustomerId
from customer_api.credentials.models import CredentialRow, OneTimeKeyRow, Purpose
from customer_api.customers.emails import email_key
from customer_api.customers.models import Customer, CustomerRow
from customer_api.customers.repository import COLUMNS, to_customer

_FIND = select(CredentialRow.password_hash).where(
    CredentialRow.customer_id == bindparam("customer")
)

_FIND_LOGIN = (
    select(*COLUMNS, CredentialRow.password_hash)
    .outerjoin(CredentialRow, CredentialRow.customer_id == CustomerRow.id)
    .where(CustomerRow.email_key == bindparam("key"))
)


def _upsert(
    insert_into: Callable[[type[CredentialRow]], postgresql.Insert | sqlite.Insert],
) -> postgresql.Insert | sqlite.Insert:
    names = ("customer_id", "password_hash", "changed_at")
    statement = insert_into(CredentialRow).values({name: bindparam(name) for name in names})
    return statement.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={
            "password_hash": statement.excluded.password_hash,
            "changed_at": statement.excluded.changed_at,
        },
    )


_SET: Final = {"postgresql": _upsert(postgresql.insert), "sqlite": _upsert(sqlite.insert)}
_REPLACE = (
    update(CredentialRow)
    .where(
        CredentialRow.customer_id == bindparam("customer"),
        CredentialRow.password_hash == bindparam("old"),
    )
    .values(password_hash=bindparam("new"))
)
_FORGET_PASSWORD = (
    update(CredentialRow)
    .where(
        CredentialRow.customer_id == bindparam("customer"),
        CredentialRow.password_hash.is_not(None),
    )
    .values(password_hash=None)
)
_ADD_KEY = insert(OneTimeKeyRow)
_FRESH_KEY = (
    select(OneTimeKeyRow.id)
    .where(
        OneTimeKeyRow.customer_id == bindparam("customer"),
        OneTimeKeyRow.purpose == bindparam("purpose"),
        OneTimeKeyRow.used_at.is_(None),
        OneTimeKeyRow.created_at > bindparam("since"),
    )
    .limit(1)
)
_DELETE_ALL_KEYS = delete(OneTimeKeyRow).where(OneTimeKeyRow.customer_id == bindparam("customer"))
_OLD_KEYS = (
    select(OneTimeKeyRow.id)
    .where(OneTimeKeyRow.expires_at < bindparam("before"))
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)  # compiles to nothing on SQLite, which has one writer anyway
    .cte("old_keys")
)
_PURGE_KEYS = (
    delete(OneTimeKeyRow)
    .where(OneTimeKeyRow.id.in_(select(_OLD_KEYS.c.id)))
    .returning(OneTimeKeyRow.id)  # to count them: SQLite's driver does not behind a WITH
)
_WORKING_KEY = (
    OneTimeKeyRow.digest == bindparam("by_digest"),
    OneTimeKeyRow.purpose == bindparam("for_purpose"),
    OneTimeKeyRow.used_at.is_(None),
    OneTimeKeyRow.expires_at > bindparam("now"),
)
_USE_KEY = update(OneTimeKeyRow).where(*_WORKING_KEY).values(used_at=bindparam("now"))
_FIND_KEY = select(OneTimeKeyRow.id, OneTimeKeyRow.customer_id, OneTimeKeyRow.email).where(
    *_WORKING_KEY
)
_EMAIL_KEYS = (
    select(OneTimeKeyRow.email_key)
    .distinct()
    .where(
        OneTimeKeyRow.customer_id == bindparam("customer"),
        OneTimeKeyRow.email_key.is_not(None),
        ~exists().where(
            CustomerRow.email_key == OneTimeKeyRow.email_key,
            CustomerRow.id != OneTimeKeyRow.customer_id,
        ),
    )
)
_FORMER_EMAIL_KEYS = _EMAIL_KEYS.where(OneTimeKeyRow.purpose == Purpose.EMAIL_UNDO)
_HOLDER = (
    select(OneTimeKeyRow.customer_id)
    .where(
        OneTimeKeyRow.email_key == bindparam("key"),
        OneTimeKeyRow.purpose == Purpose.EMAIL_UNDO,
        OneTimeKeyRow.customer_id != bindparam("customer"),
        OneTimeKeyRow.used_at.is_(None),
        OneTimeKeyRow.expires_at > bindparam("now"),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key that works, as the database knows it."""

    id: int
    """Keys are numbered in the order in which they were issued."""
    customer_id: CustomerId
    email: str | None
    """The address that an e-mail change or its undo leads to; None for other purposes."""


def find_login(connection: Connection, email: str) -> tuple[Customer | None, str | None]:
    """Return the customer with this address in any spelling, and the digest of the password.

    One statement, whether there is such a customer or not, so that its time tells nothing.
    """
    row = connection.execute(_FIND_LOGIN, {"key": email_key(email)}).one_or_none()
    return (None, None) if row is None else (to_customer(row), row.password_hash)


def find_password_hash(connection: Connection, customer_id: CustomerId) -> str | None:
    """Return the digest; None when no password works for this customer."""
    return connection.execute(_FIND, {"customer": customer_id}).scalar()


def set_password_hash(
    connection: Connection, customer_id: CustomerId, password_hash: str, *, now: datetime
) -> None:
    """Store the digest of a new password."""
    connection.execute(
        _SET[connection.dialect.name],
        {"customer_id": customer_id, "password_hash": password_hash, "changed_at": now},
    )


def replace_password_hash(
    connection: Connection, customer_id: CustomerId, *, old: str, new: str
) -> None:
    """Store a better digest of the same password, unless the password was changed meanwhile."""
    connection.execute(_REPLACE, {"customer": customer_id, "old": old, "new": new})


def remove_password(connection: Connection, customer_id: CustomerId) -> int:
    """Make every password wrong; returns the rows changed, 0 or 1."""
    return connection.execute(_FORGET_PASSWORD, {"customer": customer_id}).rowcount


def add_key(
    connection: Connection,
    customer_id: CustomerId,
    purpose: Purpose,
    *,
    digest: bytes,
    now: datetime,
    expires_at: datetime,
    email: str | None = None,
) -> None:
    """Store the digest of a fresh key."""
    connection.execute(
        _ADD_KEY,
        {
            "customer_id": customer_id,
            "purpose": purpose,
            "digest": digest,
            "email": email,
            "email_key": None if email is None else email_key(email),
            "created_at": now,
            "expires_at": expires_at,
        },
    )


def find_working_key(
    connection: Connection, purpose: Purpose, *, digest: bytes, now: datetime
) -> StoredKey | None:
    """Return what is known of a key; None for unknown, used and expired ones."""
    row = connection.execute(
        _FIND_KEY, {"by_digest": digest, "for_purpose": purpose, "now": now}
    ).one_or_none()
    return None if row is None else StoredKey(row.id, CustomerId(row.customer_id), row.email)


def use_key(connection: Connection, purpose: Purpose, *, digest: bytes, now: datetime) -> bool:
    """Consume a key; False for unknown, used and expired ones.

    The database decides: of any number of concurrent callers one gets True.
    """
    return (
        connection.execute(
            _USE_KEY, {"by_digest": digest, "for_purpose": purpose, "now": now}
        ).rowcount
        == 1
    )


def has_key_since(
    connection: Connection, customer_id: CustomerId, purpose: Purpose, moment: datetime
) -> bool:
    """Return whether an unused key of the purpose was issued after a moment."""
    parameters = {"customer": customer_id, "purpose": purpose, "since": moment}
    return connection.execute(_FRESH_KEY, parameters).first() is not None


def remove_all_keys(connection: Connection, customer_id: CustomerId) -> int:
    """Forget all keys of a customer; returns their number."""
    return connection.execute(_DELETE_ALL_KEYS, {"customer": customer_id}).rowcount


def list_email_keys(connection: Connection, customer_id: CustomerId) -> tuple[str, ...]:
    """Return the normal forms of the addresses that the customer's keys lead to, in any order.

    Former and wished-for ones; those that are another customer's by now are not among them.
    """
    rows = connection.execute(_EMAIL_KEYS, {"customer": customer_id})
    return tuple(str(row.email_key) for row in rows)


def list_former_email_keys(connection: Connection, customer_id: CustomerId) -> tuple[str, ...]:
    """Like `list_email_keys`, but only of those that the customer gave up lately."""
    rows = connection.execute(_FORMER_EMAIL_KEYS, {"customer": customer_id})
    return tuple(str(row.email_key) for row in rows)


def find_holder(
    connection: Connection, email: str, *, but_for: CustomerId, now: datetime
) -> CustomerId | None:
    """Return another customer who can still take this address back by an undo.

    Ask after the address was written: the database makes the writer wait for whoever is giving it
    up, and only a later statement sees that one's key.
    """
    parameters = {"key": email_key(email), "customer": but_for, "now": now}
    holder = connection.execute(_HOLDER, parameters).scalar()
    return None if holder is None else CustomerId(holder)


def purge_keys(connection: Connection, before: datetime, limit: int) -> int:
    """Delete keys that expired before a moment, used or not; returns how many there were."""
    return len(connection.execute(_PURGE_KEYS, {"before": before, "most": limit}).all())
