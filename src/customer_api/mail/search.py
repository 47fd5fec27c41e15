"""Queries over the outbox for those who look after it: progress, never addresses or texts.

A mail's uuid is the part of its Message-ID before the at-sign, so a mail of the list is found in the logs
of mail servers, too. Whatever is asked for, an index has it in the order of the list.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute

from customer_api.core.keyset import CURSOR, CursorPage, Part, Values, cut, find_place, newest_of
from customer_api.mail.models import PARKED, SENT, WAITING, MailRow

_UUID: Final[ColumnElement[str]] = literal_column("substr(mails.message_id, 2, 36)", String())
"""Spelt as the index has it."""
_CAN_BE_RETRIED: Final = and_(MailRow.state == PARKED, MailRow.recipient.is_not(None))
_MAILS: Final = select(
    MailRow.id,
    _UUID.label("uuid"),
    case((MailRow.customer_id.is_not(None), MailRow.reference)).label("reference"),
    MailRow.template,
    MailRow.state,
    MailRow.tries,
    MailRow.last_error,
    MailRow.created_at,
    MailRow.sent_at,
    MailRow.next_try_at,
    _CAN_BE_RETRIED.label("can_be_retried"),
)
_ONE: Final = _MAILS.where(bindparam("of", type_=String) == _UUID)
_PLACE: Final = select(MailRow.id).where(bindparam(CURSOR, type_=String) == _UUID)
_RETRY: Final = (
    update(MailRow)
    .where(MailRow.id == bindparam("mail"), _CAN_BE_RETRIED)
    .values(state=WAITING, tries=0, next_try_at=bindparam("now"), claimed_until=None)
)
_LARGEST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class OutboxMail:
    """How far a mail is. Times are UTC."""

    id: int
    uuid: str
    reference: str | None
    """Of the customer; None for a guest's mail."""
    template: str
    state: str
    """One of `mail.models.STATES`."""
    tries: int
    """Deliveries tried, since it was parked and retried last."""
    last_error: str | None
    """A code of ours."""
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None
    """None unless it waits."""
    can_be_retried: bool
    """Whether it is parked, and address and text are still there."""


@dataclass(frozen=True, slots=True)
class MailSearch:
    """Which mails are wanted. None means whatever; all conditions hold at once."""

    reference: str | None = None
    template: str | None = None
    state: str | None = None


def find(connection: Connection, uuid: str) -> OutboxMail | None:
    """Return a mail."""
    row = connection.execute(_ONE, {"of": uuid}).one_or_none()
    return None if row is None else _to_mail(row)


def find_page(connection: Connection, search: MailSearch, page: CursorPage) -> Part[OutboxMail]:
    """Return a page of the list of mails, which begins with the one that was queued last.

    Raises:
        CursorUnknown: there is no such mail (any more) as the page should be beside.
    """
    (cursor,) = find_place(connection, _PLACE, page) or (None,)
    rows = connection.execute(statement(search, page, cursor)).all()
    return cut([_to_mail(row) for row in rows], page)


def retry(connection: Connection, mail: OutboxMail, *, now: datetime) -> bool:
    """Let a parked mail be due at once, as if it had never been tried.

    False when it is not parked, or was wiped, at this moment.
    """
    return connection.execute(_RETRY, {"mail": mail.id, "now": now}).rowcount == 1


def statement(
    search: MailSearch, page: CursorPage, cursor: int | None = None
) -> Select[*tuple[Any, ...]]:
    """Return the statement for a page; `cursor` is the internal id of the mail beside it."""
    place = None if cursor is None else (cursor,)
    above, below = (0,), (_LARGEST_ID,)
    return newest_of(
        _MAILS, (MailRow.id,), _columns(search), page, above=above, below=below, cursor=place
    )


def _columns(search: MailSearch) -> tuple[Values, Values]:
    """Return the column that chooses the index with its value, and the others that are wanted.

    A customer has few mails. Few are not sent, so that the state comes before the template, unless it
    is that.
    """
    wanted = {
        MailRow.reference: search.reference,
        MailRow.state: search.state,
        MailRow.template: search.template,
    }
    given = {column: value for column, value in wanted.items() if value is not None}
    chosen: InstrumentedAttribute[str] | None = next(iter(given), None)
    if chosen is MailRow.state and search.state == SENT and search.template is not None:
        chosen = MailRow.template
    return ({}, {}) if chosen is None else ({chosen: given.pop(chosen)}, given)


def _to_mail(row: Row[*tuple[Any, ...]]) -> OutboxMail:
    return OutboxMail(
        id=row.id,
        uuid=row.uuid,
        reference=row.reference,
        template=row.template,
        state=row.state,
        tries=row.tries,
        last_error=row.last_error,
        created_at=row.created_at,
        sent_at=row.sent_at,
        next_try_at=row.next_try_at if row.state == WAITING else None,
        can_be_retried=row.can_be_retried,
    )
