"""Queries over notes."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, case, column, insert, select, table, update

from customer_api.audit.models import Actor, ActorKind
from customer_api.core.ids import CustomerId
from customer_api.core.keyset import CURSOR, CursorPage, KeysetList, Part
from customer_api.notes.models import Note, NoteRow

# Features beside this one, so their tables are known by name alone. Removed authors stay in them.
_OPERATORS: Final = table("operators", column("uuid"), column("email"))
_CLIENTS: Final = table("api_clients", column("uuid"), column("name"))

_ADD: Final = insert(NoteRow)
_OF_CUSTOMER: Final = (
    select(
        NoteRow.uuid,
        NoteRow.text,
        NoteRow.author_kind,
        NoteRow.author,
        case(
            (NoteRow.author_kind == ActorKind.OPERATOR, _OPERATORS.c.email),
            else_=_CLIENTS.c.name,
        ).label("author_name"),
        NoteRow.created_at,
    )
    .outerjoin(_OPERATORS, _OPERATORS.c.uuid == NoteRow.author)
    .outerjoin(_CLIENTS, _CLIENTS.c.uuid == NoteRow.author)
    .where(NoteRow.customer_id == bindparam("customer"))
)
_ONE: Final = _OF_CUSTOMER.where(NoteRow.uuid == bindparam("uuid"))
_LIST: Final = KeysetList(
    _OF_CUSTOMER,
    (NoteRow.id,),
    place=select(NoteRow.id).where(
        NoteRow.customer_id == bindparam("customer"), NoteRow.uuid == bindparam(CURSOR)
    ),
    newest_first=True,
)
_ERASE: Final = (
    update(NoteRow)
    .where(NoteRow.customer_id == bindparam("customer"), NoteRow.text.is_not(None))
    .values(text=None)
)


def add(
    connection: Connection,
    customer_id: CustomerId,
    text: str,
    *,
    uuid: str,
    author: Actor,
    now: datetime,
) -> None:
    """Insert a note."""
    values = {
        "uuid": uuid,
        "customer_id": customer_id,
        "author_kind": author.kind,
        "author": author.id,
        "text": text,
        "created_at": now,
    }
    connection.execute(_ADD, values)


def find(connection: Connection, customer_id: CustomerId, uuid: str) -> Note | None:
    """Return one note about a customer."""
    row = connection.execute(_ONE, {"customer": customer_id, "uuid": uuid}).one_or_none()
    return None if row is None else _to_note(row)


def list_page(connection: Connection, customer_id: CustomerId, page: CursorPage) -> Part[Note]:
    """Return a page of the notes about a customer, the newest first; cursors are uuids.

    Raises:
        CursorUnknown: the customer has no note with the uuid.
    """
    part = _LIST.read(connection, page, {"customer": customer_id})
    return Part(tuple(map(_to_note, part.entries)), part.has_previous, part.has_next)


def erase_of_customer(connection: Connection, customer_id: CustomerId) -> int:
    """Empty all notes about a customer; returns how many were not empty before."""
    return connection.execute(_ERASE, {"customer": customer_id}).rowcount


def _to_note(row: Row[*tuple[Any, ...]]) -> Note:
    return Note(
        uuid=row.uuid,
        text=row.text,
        author_kind=ActorKind(row.author_kind),
        author=row.author,
        author_name=row.author_name,
        created_at=row.created_at,
    )
