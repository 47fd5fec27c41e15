"""Queries over newsletters and what their subscribers agree to."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.core.labels import label_key
from customer_api.newsletter.errors import TypeNotFound
from customer_api.newsletter.models import (
    NewsletterType,
    RequestRow,
    SubscriptionRow,
    TextRow,
    TypeId,
    TypeRow,
)

_ALL: Final = (
    select(
        TypeRow.id,
        TypeRow.uuid,
        TypeRow.name,
        TypeRow.description,
        TypeRow.text_version,
        TextRow.text,
        TypeRow.created_at,
        TypeRow.updated_at,
    )
    .join(TextRow, and_(TextRow.type_id == TypeRow.id, TextRow.version == TypeRow.text_version))
    .order_by(TypeRow.name_key)
)
_BY_UUID: Final = _ALL.where(TypeRow.uuid == bindparam("of"))
_BY_ID: Final = _ALL.where(TypeRow.id == bindparam("of"))
_LOCKED: Final = _BY_UUID.with_for_update(of=TypeRow)
_IS_TAKEN: Final = select(TypeRow.id).where(
    TypeRow.name_key == bindparam("key"), TypeRow.id != bindparam("but")
)
_ADD: Final = {
    dialect.dialect.name: dialect.insert(TypeRow).on_conflict_do_nothing().returning(TypeRow.id)
    for dialect in (postgresql, sqlite)
}
_TEXT: Final = select(TextRow.text).where(
    TextRow.type_id == bindparam("of"), TextRow.version == bindparam("version")
)
_ADD_TEXT: Final = insert(TextRow)
_CHANGE: Final = (
    update(TypeRow)
    .where(TypeRow.id == bindparam("of"))
    .values(
        name=bindparam("new_name"),
        name_key=bindparam("new_key"),
        description=bindparam("new_description"),
        text_version=bindparam("new_version"),
        updated_at=bindparam("now"),
    )
)
_IS_USED: Final = tuple(
    select(row.id).where(row.type_id == bindparam("of")).limit(1)
    for row in (SubscriptionRow, RequestRow)
)
_REMOVE_TEXTS: Final = delete(TextRow).where(TextRow.type_id == bindparam("of"))
_REMOVE: Final = delete(TypeRow).where(TypeRow.id == bindparam("of"))


def list_all(connection: Connection) -> tuple[NewsletterType, ...]:
    """Return all newsletters by name."""
    return tuple(map(_to_type, connection.execute(_ALL)))


def find(connection: Connection, uuid: str) -> NewsletterType | None:
    """Return a newsletter."""
    row = connection.execute(_BY_UUID, {"of": uuid}).one_or_none()
    return None if row is None else _to_type(row)


def existing(newsletter: NewsletterType | None) -> NewsletterType:
    """Return a newsletter that was looked for.

    Raises:
        TypeNotFound: there is none.
    """
    if newsletter is None:
        raise TypeNotFound
    return newsletter


def get(connection: Connection, type_id: TypeId) -> NewsletterType:
    """Return a newsletter that something refers to."""
    return _to_type(connection.execute(_BY_ID, {"of": type_id}).one())


def lock(connection: Connection, uuid: str) -> NewsletterType | None:
    """Return a newsletter and make everybody wait who changes it or refers to it."""
    row = connection.execute(_LOCKED, {"of": uuid}).one_or_none()
    return None if row is None else _to_type(row)


def add(
    connection: Connection,
    *,
    uuid: str,
    name: str,
    description: str | None,
    consent_text: str,
    now: datetime,
) -> NewsletterType | None:
    """Insert a newsletter with its first text; None when the name is taken."""
    values = {
        "uuid": uuid,
        "name": name,
        "name_key": label_key(name),
        "description": description,
        "text_version": 1,
        "created_at": now,
        "updated_at": now,
    }
    type_id = connection.execute(_ADD[connection.dialect.name], values).scalar()
    if type_id is None:
        return None
    add_text(connection, TypeId(type_id), 1, consent_text, now=now)
    return get(connection, TypeId(type_id))


def add_text(
    connection: Connection, type_id: TypeId, version: int, text: str, *, now: datetime
) -> None:
    """Insert a version of what subscribers agree to."""
    values = {"type_id": type_id, "version": version, "text": text, "created_at": now}
    connection.execute(_ADD_TEXT, values)


def text_of(connection: Connection, type_id: TypeId, version: int) -> str:
    """Return a version of what subscribers agree to."""
    values = {"of": type_id, "version": version}
    return str(connection.execute(_TEXT, values).scalar_one())


def is_taken(connection: Connection, name: str, *, but_by: TypeId) -> bool:
    """Return whether another newsletter has the name."""
    taken = {"key": label_key(name), "but": but_by}
    return connection.execute(_IS_TAKEN, taken).scalar() is not None


def change(
    connection: Connection,
    type_id: TypeId,
    *,
    name: str,
    description: str | None,
    text_version: int,
    now: datetime,
) -> NewsletterType:
    """Set what a newsletter is, and return it as it is now.

    Raises:
        sqlalchemy.exc.IntegrityError: the name was given to another one at the same time.
    """
    values = {
        "of": type_id,
        "new_name": name,
        "new_key": label_key(name),
        "new_description": description,
        "new_version": text_version,
        "now": now,
    }
    connection.execute(_CHANGE, values)
    return get(connection, type_id)


def is_used(connection: Connection, type_id: TypeId) -> bool:
    """Return whether anybody ever asked for the newsletter and is not erased."""
    return any(
        connection.execute(statement, {"of": type_id}).scalar() is not None
        for statement in _IS_USED
    )


def remove(connection: Connection, type_id: TypeId) -> None:
    """Delete a newsletter with its texts."""
    connection.execute(_REMOVE_TEXTS, {"of": type_id})
    connection.execute(_REMOVE, {"of": type_id})


def _to_type(row: Row[*tuple[Any, ...]]) -> NewsletterType:
    return NewsletterType(*row)
