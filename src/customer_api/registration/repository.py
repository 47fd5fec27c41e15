"""Queries over registrations."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, exists, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.core.ids import CustomerId
from customer_api.customers.models import CustomerRow
from customer_api.orders.models import OrderRow
from customer_api.registration.models import RegistrationRow

_ADD = insert(RegistrationRow)
_IS_REPEATED = select(RegistrationRow.is_repeated).where(
    RegistrationRow.customer_id == bindparam("customer")
)
_ATTEMPT = (
    update(RegistrationRow)
    .where(RegistrationRow.customer_id == bindparam("customer"))
    .values(attempted_at=bindparam("at"))
)
_EXPIRED = (
    select(RegistrationRow.customer_id)
    .join(CustomerRow, CustomerRow.id == RegistrationRow.customer_id)
    .where(
        RegistrationRow.attempted_at < bindparam("before"),
        RegistrationRow.awaits_confirmation,
        CustomerRow.registered_at.is_(None),
        CustomerRow.anonymized_at.is_(None),
        ~exists().where(OrderRow.customer_id == CustomerRow.id),
    )
)
_IS_EXPIRED = _EXPIRED.where(CustomerRow.id == bindparam("customer"))
_LIST_EXPIRED = (
    _EXPIRED.where(CustomerRow.id > bindparam("after"))
    .order_by(CustomerRow.id)
    .limit(bindparam("most"))
)


def _repeat(
    insert_into: Callable[[type[RegistrationRow]], postgresql.Insert | sqlite.Insert],
) -> postgresql.Insert | sqlite.Insert:
    statement = insert_into(RegistrationRow).values(
        customer_id=bindparam("customer_id"),
        attempted_at=bindparam("at"),
        awaits_confirmation=False,
        is_repeated=True,
    )
    return statement.on_conflict_do_update(
        index_elements=["customer_id"],
        set_={"is_repeated": True, "attempted_at": statement.excluded.attempted_at},
    )


_REPEAT: Final = {"postgresql": _repeat(postgresql.insert), "sqlite": _repeat(sqlite.insert)}


def add(
    connection: Connection,
    customer_id: CustomerId,
    *,
    now: datetime,
    awaits_confirmation: bool,
    terms_version: str | None,
) -> None:
    """Record the first attempt; a terms version of None means that no terms were accepted."""
    connection.execute(
        _ADD,
        {
            "customer_id": customer_id,
            "attempted_at": now,
            "awaits_confirmation": awaits_confirmation,
            "is_repeated": False,
            "terms_version": terms_version,
            "terms_accepted_at": None if terms_version is None else now,
        },
    )


def mark_attempted(connection: Connection, customer_id: CustomerId, *, now: datetime) -> None:
    """Record that the same person registered the unconfirmed address once more."""
    connection.execute(_ATTEMPT, {"customer": customer_id, "at": now})


def mark_repeated(connection: Connection, customer_id: CustomerId, *, now: datetime) -> None:
    """Record that somebody else, perhaps, tried to register the unconfirmed address again."""
    connection.execute(_REPEAT[connection.dialect.name], {"customer_id": customer_id, "at": now})


def is_repeated(connection: Connection, customer_id: CustomerId) -> bool:
    """Return whether the address was registered again before it was confirmed."""
    return bool(connection.execute(_IS_REPEATED, {"customer": customer_id}).scalar())


def list_expired(
    connection: Connection, *, attempted_before: datetime, after: CustomerId, limit: int
) -> tuple[CustomerId, ...]:
    """Return unconfirmed customers by double opt-in without a later attempt or an order, by id."""
    rows = connection.execute(
        _LIST_EXPIRED, {"before": attempted_before, "after": after, "most": limit}
    )
    return tuple(CustomerId(row[0]) for row in rows)


def is_expired(
    connection: Connection, customer_id: CustomerId, *, attempted_before: datetime
) -> bool:
    """Return whether `list_expired` would list this customer now."""
    parameters = {"before": attempted_before, "customer": customer_id}
    return connection.execute(_IS_EXPIRED, parameters).scalar() is not None
