"""Queries over password digests and one-time keys."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.core.ids import CustomerId
from customer_api.credentials.models import CredentialRow, OneTimeKeyRow, Purpose

_FIND = select(CredentialRow.password_hash).where(
    CredentialRow.customer_id == bindparam("customer")
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
_DELETE_KEYS = delete(OneTimeKeyRow).where(
    OneTimeKeyRow.customer_id == bindparam("customer"),
    OneTimeKeyRow.purpose == bindparam("purpose"),
)
_DELETE_ALL_KEYS = delete(OneTimeKeyRow).where(OneTimeKeyRow.customer_id == bindparam("customer"))
_WORKING_KEY = (
    OneTimeKeyRow.digest == bindparam("by_digest"),
    OneTimeKeyRow.purpose == bindparam("for_purpose"),
    OneTimeKeyRow.used_at.is_(None),
    OneTimeKeyRow.expires_at > bindparam("now"),
)
_USE_KEY = update(OneTimeKeyRow).where(*_WORKING_KEY).values(used_at=bindparam("now"))
_WORKING_KEY_OWNER = select(OneTimeKeyRow.customer_id).where(*_WORKING_KEY)


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
) -> None:
    """Store the digest of a fresh key; older keys of the purpose die."""
    remove_keys(connection, customer_id, purpose)
    connection.execute(
        _ADD_KEY,
        {
            "customer_id": customer_id,
            "purpose": purpose,
            "digest": digest,
            "created_at": now,
            "expires_at": expires_at,
        },
    )


def find_working_key_owner(
    connection: Connection, purpose: Purpose, *, digest: bytes, now: datetime
) -> CustomerId | None:
    """Return whose key this is; None for unknown, used and expired ones."""
    owner = connection.execute(
        _WORKING_KEY_OWNER, {"by_digest": digest, "for_purpose": purpose, "now": now}
    ).scalar_one_or_none()
    return None if owner is None else CustomerId(owner)


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


def remove_keys(connection: Connection, customer_id: CustomerId, purpose: Purpose) -> None:
    """Forget all keys of a purpose."""
    connection.execute(_DELETE_KEYS, {"customer": customer_id, "purpose": purpose})


def remove_all_keys(connection: Connection, customer_id: CustomerId) -> int:
    """Forget all keys of a customer; returns their number."""
    return connection.execute(_DELETE_ALL_KEYS, {"customer": customer_id}).rowcount
