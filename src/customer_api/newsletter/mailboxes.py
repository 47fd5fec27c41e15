"""What becomes of subscriptions when a customer proves a mailbox, and when one is erased.

Each is done in the transaction of its cause, with the customer locked.
"""

from datetime import datetime

from sqlalchemy import Connection

from customer_api.core.ids import CustomerId
from customer_api.customers import repository as customers
from customer_api.customers.models import Customer
from customer_api.mail.outbox import Outbox
from customer_api.newsletter import repository
from customer_api.newsletter.models import State, Subscription
from customer_api.newsletter.telling import tell_end, tell_where


def prove_mailbox(connection: Connection, customer: Customer, *, now: datetime) -> None:
    """Bring everything together at the mailbox that a customer has proven just now.

    What it subscribed to, as a guest or another account, becomes the customer's, and what the
    customer has at another mailbox moves there. Where both have the same newsletter, the one that is subscribed stays, else
    the customer's. What the other mailbox has not confirmed is dropped: its key proves nothing here.
    """
    there = {it.type_id: it for it in repository.lock_by_keys(connection, {customer.email_key})}
    for own in repository.lock_of_customer(connection, customer.id):
        other = there.get(own.type_id)
        if other is not None and other.id == own.id:
            continue
        is_better = other is not None and State.SUBSCRIBED in {other.state} - {own.state}
        if is_better or own.state is State.PENDING:
            _drop(connection, own, customer, now=now)
            continue
        if other is not None:
            _drop(connection, other, customer, now=now)
        values: dict[str, object] = {"email": customer.email, "email_key": customer.email_key}
        if own.wish is not None:
            values |= {"key_digest": None, "key_expires_at": None, "wish": None}
        moved = repository.change(connection, own, values)
        tell_where(connection, moved, customer, now=now)
    for linked in repository.link_mailbox(connection, customer.id, customer.email_key):
        tell_where(connection, linked, customer, now=now)


def erase(connection: Connection, customer_id: CustomerId, key: str, *, now: datetime) -> int:
    """Delete the subscriptions of a customer, and of guests with the address; return how many.

    `key` is the normal form of the address.
    """
    customer = customers.lock(connection, customer_id)
    gone = repository.erase(connection, customer_id, key)
    for subscription in gone:
        _forget(connection, subscription, customer, now=now)
    return len(gone)


def _drop(
    connection: Connection, subscription: Subscription, customer: Customer, *, now: datetime
) -> None:
    repository.remove(connection, subscription)
    _forget(connection, subscription, customer, now=now)


def _forget(
    connection: Connection, subscription: Subscription, customer: Customer, *, now: datetime
) -> None:
    """Leave nothing that still acts for a deleted subscription, of the customer or of a guest."""
    Outbox.forget_about(connection, [subscription.uuid])
    if subscription.state is State.SUBSCRIBED:
        is_own = subscription.customer_id == customer.id
        tell_end(connection, subscription, customer if is_own else None, now=now)
