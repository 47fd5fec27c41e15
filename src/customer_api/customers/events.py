"""Events about customers: for the log of security, and for the world outside."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from customer_api.customers.models import Customer
from customer_api.events import recording
from customer_api.events.models import EventType
from customer_api.observability.security_events import SecurityEvent, record

PROFILE: Final = {
    "email": "email",
    "salutation": "salutation",
    "first_name": "firstName",
    "last_name": "lastName",
    "gender": "gender",
    "date_of_birth": "dateOfBirth",
    "company": "company",
    "phone": "phone",
    "locale": "locale",
    "default_billing_address_id": "defaultBillingAddress",
    "default_shipping_address_id": "defaultShippingAddress",
}
"""What of a customer can change, and what events call it."""


def record_login_failure(customer: Customer | None) -> None:
    """Record a wrong password, with whose it was not, if there is such an account."""
    reference = None if customer is None else customer.reference
    record(SecurityEvent.LOGIN_FAILED, reference=reference)


def changed_fields(before: Customer, after: Customer) -> tuple[str, ...]:
    """Return what differs between two states of a profile, by the names of events."""
    return tuple(
        name for field, name in PROFILE.items() if getattr(before, field) != getattr(after, field)
    )


def record_changes(
    connection: Connection, before: Customer, after: Customer, *, now: datetime
) -> None:
    """Record what differs in the profile of a locked customer; another mailbox is an event of its own."""
    changed = list(changed_fields(before, after))
    if before.email_key != after.email_key:
        changed.remove("email")
        recording.record(connection, EventType.CUSTOMER_EMAIL_CHANGED, after.reference, now=now)
    if changed:
        data = {"changed": changed}
        recording.record(
            connection, EventType.CUSTOMER_UPDATED, after.reference, now=now, data=data
        )


def record_password_change(connection: Connection, customer: Customer, *, now: datetime) -> None:
    """Record that a locked customer has another password, or none any more."""
    recording.record(connection, EventType.CUSTOMER_PASSWORD_CHANGED, customer.reference, now=now)
