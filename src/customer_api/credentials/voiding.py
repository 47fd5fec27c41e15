"""Which mailed keys become worthless together.

Like used ones they stay until they are purged: they tell an erasure to which addresses the customer
had mails sent.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, bindparam, not_, update

from customer_api.core.ids import CustomerId
from customer_api.credentials.models import OneTimeKeyRow, Purpose

_VOID_ALL = (
    update(OneTimeKeyRow)
    .where(OneTimeKeyRow.customer_id == bindparam("customer"), OneTimeKeyRow.used_at.is_(None))
    .values(used_at=bindparam("now"))
)
_VOID = _VOID_ALL.where(OneTimeKeyRow.purpose.in_(bindparam("purposes", expanding=True)))
_VOID_BUT_UNDO = _VOID_ALL.where(
    not_(
        and_(
            OneTimeKeyRow.purpose == Purpose.EMAIL_UNDO,
            OneTimeKeyRow.id < bindparam("before", type_=OneTimeKeyRow.id.type),
        )
    )
)
_NO_LIMIT: Final = 2**63 - 1


def void_keys(
    connection: Connection, customer_id: CustomerId, *purposes: Purpose, now: datetime
) -> None:
    """Void a customer's keys of these purposes."""
    connection.execute(_VOID, {"customer": customer_id, "purposes": purposes, "now": now})


def void_keys_of_password(
    connection: Connection, customer_id: CustomerId, *, now: datetime
) -> None:
    """Void what was asked for under a password that is being replaced.

    Keys that undo a change of the password live on: who had the mailbox first has the last word.
    """
    void_keys(connection, customer_id, Purpose.RESTORE, Purpose.EMAIL_CHANGE, now=now)


def void_all_keys(connection: Connection, customer_id: CustomerId, *, now: datetime) -> None:
    """Void all keys of a customer."""
    connection.execute(_VOID_ALL, {"customer": customer_id, "now": now})


def void_keys_but_undo(
    connection: Connection, customer_id: CustomerId, *, now: datetime, before: int = _NO_LIMIT
) -> None:
    """Void all keys of a customer but those that undo an e-mail change.

    With `before` also those of them that were issued later than the key with that id: who had the
    address first has the last word.
    """
    connection.execute(_VOID_BUT_UNDO, {"customer": customer_id, "now": now, "before": before})
