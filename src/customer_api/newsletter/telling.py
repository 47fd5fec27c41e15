"""Telling whoever sends newsletters, by events: to whom, and when no more."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from customer_api.customers.models import Customer
from customer_api.events import recording
from customer_api.events.models import EventType
from customer_api.newsletter import type_repository
from customer_api.newsletter.models import State, Subscription

SUBSCRIPTION_ID: Final = "subscriptionId"
"""What the data of events call a subscription."""


def tell_where(
    connection: Connection, subscription: Subscription, customer: Customer | None, *, now: datetime
) -> None:
    """Tell that a newsletter goes to a mailbox from now on, or that it is a customer's now.

    Nothing about one that is not subscribed. `customer` is whose it is, None for a guest's.
    """
    if subscription.state is State.SUBSCRIBED:
        _record(connection, EventType.NEWSLETTER_SUBSCRIBED, subscription, customer, now)


def tell_end(
    connection: Connection, subscription: Subscription, customer: Customer | None, *, now: datetime
) -> None:
    """Tell that a newsletter goes to a mailbox no more. `customer` is whose it is, None for a guest's."""
    _record(connection, EventType.NEWSLETTER_UNSUBSCRIBED, subscription, customer, now)


def _record(
    connection: Connection,
    kind: EventType,
    subscription: Subscription,
    customer: Customer | None,
    now: datetime,
) -> None:
    newsletter = type_repository.get(connection, subscription.type_id)
    subject = subscription.uuid if customer is None else customer.reference
    data = {
        SUBSCRIPTION_ID: subscription.uuid,
        "newsletterType": newsletter.uuid,
        "newsletterName": newsletter.name,
    }
    recording.record(connection, kind, subject, now=now, data=data)
