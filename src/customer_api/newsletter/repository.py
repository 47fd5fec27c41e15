"""Queries over subscriptions."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from customer_api.core.ids import CustomerId, random_uuid
from customer_api.customers.emails import email_key
from customer_api.customers.models import CustomerRow
from customer_api.newsletter.models import (
    NamedSubscription,
    Request,
    State,
    Subscription,
    SubscriptionId,
    SubscriptionRow,
    TypeId,
    TypeRow,
)
from customer_api.security import one_time_keys

COLUMNS: Final = tuple(getattr(SubscriptionRow, field.name) for field in fields(Subscription))

_ALL: Final = select(*COLUMNS)
_LOCKED: Final = _ALL.with_for_update()
_LOCK: Final = _LOCKED.where(SubscriptionRow.id == bindparam("of"))
_LOCK_BY_MAILBOX: Final = _LOCKED.where(
    SubscriptionRow.email_key == bindparam("key"), SubscriptionRow.type_id == bindparam("type")
)
_BY_DIGEST: Final = _ALL.where(SubscriptionRow.key_digest == bindparam("digest"))
_BY_UNSUBSCRIBE_KEY: Final = _ALL.where(SubscriptionRow.unsubscribe_key == bindparam("key"))
_BY_UUIDS: Final = _ALL.where(SubscriptionRow.uuid.in_(bindparam("uuids", expanding=True)))
_BY_KEYS: Final = _ALL.where(
    SubscriptionRow.email_key.in_(bindparam("keys", expanding=True))
).order_by(SubscriptionRow.id)
_LOCK_BY_KEYS: Final = _BY_KEYS.with_for_update()
_LOCK_OF_CUSTOMER: Final = _LOCKED.where(
    SubscriptionRow.customer_id == bindparam("customer")
).order_by(SubscriptionRow.id)
_OF_CUSTOMER: Final = (
    select(*COLUMNS, TypeRow.uuid.label("type_uuid"), TypeRow.name)
    .join(TypeRow, TypeRow.id == SubscriptionRow.type_id)
    .where(SubscriptionRow.customer_id == bindparam("customer"))
    .order_by(TypeRow.name_key)
)
_ADD: Final = {
    dialect.dialect.name: dialect.insert(SubscriptionRow)
    .on_conflict_do_nothing()
    .returning(*COLUMNS)
    for dialect in (postgresql, sqlite)
}
_REMOVE: Final = delete(SubscriptionRow).where(SubscriptionRow.id == bindparam("of"))
_LINK_MAILBOX: Final = (
    update(SubscriptionRow)
    .where(
        SubscriptionRow.email_key == bindparam("key"),
        SubscriptionRow.customer_id.is_distinct_from(bindparam("customer")),
    )
    .values(customer_id=bindparam("customer"))
    .returning(*COLUMNS)
)
_REVIVE: Final = (
    update(SubscriptionRow)
    .where(SubscriptionRow.email_key == bindparam("key"), SubscriptionRow.state == State.BOUNCED)
    .values(state=State.UNSUBSCRIBED)
)
_IS_THEIRS: Final = or_(
    SubscriptionRow.customer_id == bindparam("customer"),
    and_(
        SubscriptionRow.email_key == bindparam("key"),
        # Whoever opened an account and never proved its mailbox takes nothing away from its owner.
        exists().where(
            CustomerRow.id == bindparam("customer"), CustomerRow.registered_at.is_not(None)
        ),
    ),
)
_ERASE: Final = delete(SubscriptionRow).where(_IS_THEIRS).returning(*COLUMNS)
_OVERDUE: Final = (
    select(SubscriptionRow.id)
    .where(
        SubscriptionRow.state == State.PENDING,
        # No key was mailed to a mailbox that takes no mail, or got too many.
        func.coalesce(SubscriptionRow.key_expires_at, SubscriptionRow.asked_at)
        < bindparam("before"),
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("overdue")
)
_EXPIRE: Final = (
    delete(SubscriptionRow)
    .where(SubscriptionRow.id.in_(select(_OVERDUE.c.id)))
    .returning(SubscriptionRow.id)
)
_OVERDUE_WISHES: Final = (
    select(SubscriptionRow.id)
    .where(
        SubscriptionRow.state != State.PENDING, SubscriptionRow.key_expires_at < bindparam("before")
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("overdue_wishes")
)
_EXPIRE_WISHES: Final = (
    update(SubscriptionRow)
    .where(SubscriptionRow.id.in_(select(_OVERDUE_WISHES.c.id)))
    .values(key_digest=None, key_expires_at=None, wish=None)
    .returning(SubscriptionRow.id)
)
_OLD: Final = (
    select(SubscriptionRow.id)
    .where(
        SubscriptionRow.state.in_((State.UNSUBSCRIBED, State.BOUNCED)),
        SubscriptionRow.ended_at < bindparam("before"),
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("old_subscriptions")
)
_PURGE: Final = (
    delete(SubscriptionRow)
    .where(SubscriptionRow.id.in_(select(_OLD.c.id)))
    .returning(SubscriptionRow.id)
)


def lock(connection: Connection, subscription_id: SubscriptionId) -> Subscription | None:
    """Return a subscription and make other writers of it wait."""
    return _one(connection, _LOCK, {"of": subscription_id})


def lock_by_mailbox(connection: Connection, email: str, type_id: TypeId) -> Subscription | None:
    """Return the subscription of a mailbox to a newsletter, and make other writers of it wait."""
    return _one(connection, _LOCK_BY_MAILBOX, {"key": email_key(email), "type": type_id})


def lock_by_keys(connection: Connection, keys: Collection[str]) -> tuple[Subscription, ...]:
    """Return all subscriptions of mailboxes by their normal forms, locked in one order."""
    rows = connection.execute(_LOCK_BY_KEYS, {"keys": sorted(keys)})
    return tuple(map(to_subscription, rows))


def find_of_keys(connection: Connection, keys: Collection[str]) -> tuple[Subscription, ...]:
    """Return all subscriptions of mailboxes by their normal forms."""
    rows = connection.execute(_BY_KEYS, {"keys": sorted(keys)})
    return tuple(map(to_subscription, rows))


def lock_of_customer(connection: Connection, customer_id: CustomerId) -> tuple[Subscription, ...]:
    """Return all subscriptions of a customer, locked in one order."""
    rows = connection.execute(_LOCK_OF_CUSTOMER, {"customer": customer_id})
    return tuple(map(to_subscription, rows))


def find_by_key(connection: Connection, key: str) -> Subscription | None:
    """Return the subscription whose mailbox was sent this key to confirm it."""
    return _one(connection, _BY_DIGEST, {"digest": one_time_keys.digest(key)})


def find_by_unsubscribe_key(connection: Connection, key: str) -> Subscription | None:
    """Return the subscription that a key ends."""
    return _one(connection, _BY_UNSUBSCRIBE_KEY, {"key": key})


def find_several(connection: Connection, uuids: Collection[str]) -> dict[str, Subscription]:
    """Return subscriptions by uuid; none is fine."""
    rows = connection.execute(_BY_UUIDS, {"uuids": sorted(uuids)}).all() if uuids else ()
    return {it.uuid: it for it in map(to_subscription, rows)}


def list_of_customer(
    connection: Connection, customer_id: CustomerId
) -> tuple[NamedSubscription, ...]:
    """Return the subscriptions of a customer, by the names of the newsletters."""
    return tuple(
        NamedSubscription(to_subscription(row), row.type_uuid, row.name)
        for row in connection.execute(_OF_CUSTOMER, {"customer": customer_id})
    )


def add(
    connection: Connection,
    type_id: TypeId,
    request: Request,
    *,
    customer_id: CustomerId | None,
    **others: object,
) -> Subscription | None:
    """Insert a subscription, by default one that waits for its mailbox; None when there is one."""
    values = {
        "uuid": random_uuid(),
        "type_id": type_id,
        "customer_id": customer_id,
        "email": request.email,
        "email_key": email_key(request.email),
        "locale": request.locale,
        "state": State.PENDING,
        "channel": request.channel,
        "text_version": request.text_version,
        "asked_at": request.asked_at,
        "unsubscribe_key": one_time_keys.new_key(),
    }
    row = connection.execute(_ADD[connection.dialect.name], values | others).one_or_none()
    return None if row is None else to_subscription(row)


def change(
    connection: Connection, subscription: Subscription, values: Mapping[str, object]
) -> Subscription:
    """Set columns of a subscription and return it as it is now."""
    parameters = {f"new_{name}": value for name, value in values.items()}
    statement = _change_statement(tuple(sorted(values)))
    row = connection.execute(statement, parameters | {"of": subscription.id}).one()
    return to_subscription(row)


def remove(connection: Connection, subscription: Subscription) -> None:
    """Delete a subscription."""
    connection.execute(_REMOVE, {"of": subscription.id})


def link_mailbox(
    connection: Connection, customer_id: CustomerId, key: str
) -> tuple[Subscription, ...]:
    """Give a customer all subscriptions of a mailbox, which takes mail; return those that are new.

    They were a guest's, or of an account that had the mailbox before.
    """
    rows = connection.execute(_LINK_MAILBOX, {"key": key, "customer": customer_id}).all()
    connection.execute(_REVIVE, {"key": key})
    return tuple(map(to_subscription, rows))


def erase(connection: Connection, customer_id: CustomerId, key: str) -> tuple[Subscription, ...]:
    """Delete the subscriptions of a customer, and return them as they were."""
    rows = connection.execute(_ERASE, {"customer": customer_id, "key": key})
    return tuple(map(to_subscription, rows))


def expire(connection: Connection, before: datetime, most: int) -> int:
    """Forget what was asked for and not confirmed in time; return the larger number of two kinds.

    Subscriptions that never were go, of ended ones the wish.
    """
    parameters = {"before": before, "most": most}
    return max(len(connection.execute(it, parameters).all()) for it in (_EXPIRE, _EXPIRE_WISHES))


def purge(connection: Connection, before: datetime, most: int) -> int:
    """Delete subscriptions that ended before a moment; return how many."""
    return len(connection.execute(_PURGE, {"before": before, "most": most}).all())


def to_subscription(row: Sequence[Any]) -> Subscription:
    """Return the subscription of a row whose first columns are `COLUMNS`."""
    values = dict(zip((field.name for field in fields(Subscription)), row, strict=False))
    return Subscription(**values | {"state": State(values["state"])})


@cache
def _change_statement(names: tuple[str, ...]) -> Update:
    return (
        update(SubscriptionRow)
        .where(SubscriptionRow.id == bindparam("of"))
        .values({name: bindparam(f"new_{name}") for name in names})
        .returning(*COLUMNS)
    )


def _one(
    connection: Connection, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]
) -> Subscription | None:
    row = connection.execute(statement, parameters).one_or_none()
    return None if row is None else to_subscription(row)
