"""Queries over operators."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from customer_api.customers.emails import email_key
from customer_api.operators.errors import OperatorEmailTaken, OperatorNotFound
from customer_api.operators.models import (
    Audience,
    Operator,
    OperatorId,
    OperatorRow,
)
from customer_api.operators.scopes import Role

_OPERATOR: Final = (
    OperatorRow.id,
    OperatorRow.uuid,
    OperatorRow.email,
    OperatorRow.role,
    OperatorRow.is_agent,
    # No IS NULL: where a table has a partial index, SQLite 3.40 takes every value for none in RETURNING.
    func.length(OperatorRow.password_hash),
    OperatorRow.created_at,
    OperatorRow.updated_at,
    OperatorRow.version,
)
_IS_EMPLOYED: Final = OperatorRow.removed_at.is_(None)
_LOCK_EMPLOYED: Final = (
    select(*_OPERATOR)
    .where(OperatorRow.id == bindparam("operator"), _IS_EMPLOYED)
    .with_for_update(key_share=True)
)
_ADD_OPERATOR: Final = insert(OperatorRow).returning(*_OPERATOR)
_LIST_OPERATORS: Final = select(*_OPERATOR).where(_IS_EMPLOYED).order_by(OperatorRow.id)
_OPERATOR_BY_UUID: Final = select(*_OPERATOR).where(
    _IS_EMPLOYED, OperatorRow.uuid == bindparam("uuid")
)
_OPERATOR_BY_EMAIL: Final = select(*_OPERATOR).where(
    _IS_EMPLOYED, OperatorRow.email_key == bindparam("key")
)
_PASSWORD: Final = select(OperatorRow.id, OperatorRow.password_hash).where(
    _IS_EMPLOYED, OperatorRow.email_key == bindparam("key")
)
_AGENT_PASSWORD: Final = _PASSWORD.where(OperatorRow.is_agent)
_REPLACE_PASSWORD: Final = (
    update(OperatorRow)
    .where(OperatorRow.id == bindparam("operator"), OperatorRow.password_hash == bindparam("old"))
    .values(password_hash=bindparam("new"))
)
_CHANGE_OPERATOR: Final = (
    update(OperatorRow)
    .where(OperatorRow.id == bindparam("operator"), _IS_EMPLOYED)
    .values(
        role=bindparam("new_role"),
        is_agent=bindparam("new_is_agent"),
        updated_at=bindparam("now"),
        version=OperatorRow.version + 1,
    )
    .returning(*_OPERATOR)
)
_REMOVE_OPERATOR: Final = (
    update(OperatorRow)
    .where(OperatorRow.id == bindparam("operator"), _IS_EMPLOYED)
    .values(
        removed_at=bindparam("now"),
        password_hash=None,
        password_key_digest=None,
        updated_at=bindparam("now"),
        version=OperatorRow.version + 1,
    )
)
# All of them are locked, so that two administrators cannot remove each other.
_ADMINISTRATORS: Final = (
    select(OperatorRow.id)
    .where(
        _IS_EMPLOYED,
        OperatorRow.role == Role.ADMINISTRATOR,
        OperatorRow.password_hash.is_not(None),
    )
    .order_by(OperatorRow.id)
    .with_for_update()
)
_SET_PASSWORD_KEY: Final = (
    update(OperatorRow)
    .where(OperatorRow.id == bindparam("operator"), _IS_EMPLOYED)
    .values(password_key_digest=bindparam("digest"), password_key_expires_at=bindparam("end"))
)
_BY_PASSWORD_KEY: Final = select(*_OPERATOR).where(
    OperatorRow.password_key_digest == bindparam("digest"),
    OperatorRow.password_key_expires_at > bindparam("now"),
    _IS_EMPLOYED,
)
_SET_PASSWORD: Final = (
    update(OperatorRow)
    .where(
        OperatorRow.password_key_digest == bindparam("digest"),
        OperatorRow.password_key_expires_at > bindparam("now"),
        _IS_EMPLOYED,
    )
    .values(
        password_hash=bindparam("new"),
        password_key_digest=None,
        password_key_expires_at=None,
        updated_at=bindparam("now"),
        version=OperatorRow.version + 1,
    )
    .returning(*_OPERATOR)
)


def add_operator(
    connection: Connection,
    *,
    uuid: str,
    email: str,
    role: Role,
    is_agent: bool,
    password_hash: str | None,
    now: datetime,
) -> Operator:
    """Insert an operator.

    Raises:
        OperatorEmailTaken: another one has this address.
    """
    values = {
        "uuid": uuid,
        "email": email,
        "email_key": email_key(email),
        "role": role,
        "is_agent": is_agent,
        "password_hash": password_hash,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    try:
        return _to_operator(connection.execute(_ADD_OPERATOR, values).one())
    except IntegrityError as error:
        raise OperatorEmailTaken from error


def list_operators(connection: Connection) -> tuple[Operator, ...]:
    """Return all operators, the oldest first."""
    return tuple(map(_to_operator, connection.execute(_LIST_OPERATORS)))


def get_operator(connection: Connection, uuid: str) -> Operator:
    """Return an operator.

    Raises:
        OperatorNotFound: there is none with this id.
    """
    return _existing(connection.execute(_OPERATOR_BY_UUID, {"uuid": uuid}).one_or_none())


def get_operator_by_email(connection: Connection, email: str) -> Operator:
    """Return the operator with an address, in any spelling.

    Raises:
        OperatorNotFound: there is none with it.
    """
    key = {"key": email_key(email)}
    return _existing(connection.execute(_OPERATOR_BY_EMAIL, key).one_or_none())


def find_password(
    connection: Connection, key: str, audience: Audience
) -> tuple[OperatorId | None, str | None]:
    """Return id and password digest of an operator, by the normal form of the address.

    For the storefront operators who are no agents are not found.
    """
    statement = _AGENT_PASSWORD if audience is Audience.STOREFRONT else _PASSWORD
    row = connection.execute(statement, {"key": key}).one_or_none()
    return (None, None) if row is None else (OperatorId(row.id), row.password_hash)


def replace_password_hash(
    connection: Connection, operator_id: OperatorId, *, old: str, new: str
) -> None:
    """Store a better digest of the same password, unless another was set meanwhile."""
    connection.execute(_REPLACE_PASSWORD, {"operator": operator_id, "old": old, "new": new})


def change_operator(
    connection: Connection,
    operator_id: OperatorId,
    *,
    role: Role,
    is_agent: bool,
    now: datetime,
) -> Operator:
    """Set role and flag of an operator and return them."""
    parameters = {
        "operator": operator_id,
        "new_role": role,
        "new_is_agent": is_agent,
        "now": now,
    }
    return _to_operator(connection.execute(_CHANGE_OPERATOR, parameters).one())


def remove_operator(connection: Connection, operator_id: OperatorId, *, now: datetime) -> None:
    """Mark an operator as removed: sessions are refused, the address is free again."""
    connection.execute(_REMOVE_OPERATOR, {"operator": operator_id, "now": now})


def lock_administrators(connection: Connection) -> frozenset[OperatorId]:
    """Return the administrators who can log in, and keep that so until the transaction ends."""
    return frozenset(map(OperatorId, connection.execute(_ADMINISTRATORS).scalars()))


def set_password_key(
    connection: Connection, operator_id: OperatorId, *, digest: bytes, expires_at: datetime
) -> None:
    """Store the digest of the key that lets an operator set a password; an older one dies."""
    parameters = {"operator": operator_id, "digest": digest, "end": expires_at}
    connection.execute(_SET_PASSWORD_KEY, parameters)


def find_by_password_key(
    connection: Connection, digest: bytes, *, now: datetime
) -> Operator | None:
    """Return whose key this is; None when it is good for nothing."""
    row = connection.execute(_BY_PASSWORD_KEY, {"digest": digest, "now": now}).one_or_none()
    return None if row is None else _to_operator(row)


def use_password_key(
    connection: Connection, digest: bytes, password_hash: str, *, now: datetime
) -> Operator | None:
    """Set a password with a key, once; None when it is good for nothing (any more)."""
    parameters = {"digest": digest, "new": password_hash, "now": now}
    row = connection.execute(_SET_PASSWORD, parameters).one_or_none()
    return None if row is None else _to_operator(row)


def lock_operator(connection: Connection, operator_id: OperatorId) -> Operator | None:
    """Return an operator and make other logins and refreshes wait; None when removed."""
    row = connection.execute(_LOCK_EMPLOYED, {"operator": operator_id}).one_or_none()
    return None if row is None else _to_operator(row)


def _existing(row: Row[*tuple[Any, ...]] | None) -> Operator:
    if row is None:
        raise OperatorNotFound
    return _to_operator(row)


def _to_operator(row: Row[*tuple[Any, ...]]) -> Operator:
    id_, uuid, email, role, is_agent, password_length, *others = row
    has_password = password_length is not None
    return Operator(OperatorId(id_), uuid, email, Role(role), is_agent, has_password, *others)
