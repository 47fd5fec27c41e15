"""Personal data beside events, for receivers that asked for it: as it is when they are told."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import Connection

from customer_api.addresses import repository as addresses
from customer_api.addresses.models import Address
from customer_api.core.types import JsonObject
from customer_api.customers import repository as customers
from customer_api.customers.models import Customer
from customer_api.events.models import Event
from customer_api.newsletter import repository as subscriptions
from customer_api.newsletter.models import Subscription
from customer_api.newsletter.telling import SUBSCRIPTION_ID

CUSTOMER: Final = {
    "email": "email",
    "salutation": "salutation",
    "firstName": "first_name",
    "lastName": "last_name",
    "gender": "gender",
    "dateOfBirth": "date_of_birth",
    "company": "company",
    "phone": "phone",
    "locale": "locale",
    "registeredAt": "registered_at",
}
"""What is shown of a customer: name in the event, and field."""

ADDRESS: Final = {
    "salutation": "salutation",
    "firstName": "first_name",
    "lastName": "last_name",
    "address1": "address1",
    "address2": "address2",
    "address3": "address3",
    "zipCode": "zip_code",
    "city": "city",
    "iso2Code": "country_code",
    "company": "company",
    "phone": "phone",
    "comment": "comment",
}
"""What is shown of an address: name in the event, and field."""

NEWSLETTER: Final = {
    "email": "email",
    "locale": "locale",
    "unsubscribeKey": "unsubscribe_key",
}
"""What is shown of a subscription: name in the event, and field."""

ADDRESS_ID: Final = "addressId"


def details_of(connection: Connection, events: Sequence[Event]) -> Mapping[str, JsonObject]:
    """Return `customer`, `address` and `newsletter` of events by the uuid of the event.

    Nothing about those who were anonymized meanwhile, and nothing that was removed.
    """
    people = customers.find_by_references(connection, {event.subject for event in events})
    uuids = {str(event.data[ADDRESS_ID]) for event in events if ADDRESS_ID in event.data}
    places = addresses.find_several(connection, uuids)
    ids = {str(event.data[SUBSCRIPTION_ID]) for event in events if SUBSCRIPTION_ID in event.data}
    newsletters = subscriptions.find_several(connection, ids)
    details: dict[str, JsonObject] = {}
    for event in events:
        shown: dict[str, object] = {}
        customer = people.get(event.subject)
        if customer is not None and customer.anonymized_at is None:
            shown["customer"] = _shown(customer, CUSTOMER)
            if (place := places.get(str(event.data.get(ADDRESS_ID)))) is not None:
                shown["address"] = _shown(place, ADDRESS)
        if (mailbox := newsletters.get(str(event.data.get(SUBSCRIPTION_ID)))) is not None:
            shown["newsletter"] = _shown(mailbox, NEWSLETTER)
        details[event.uuid] = shown
    return details


def _shown(
    thing: Customer | Address | Subscription, names: Mapping[str, str]
) -> Mapping[str, object]:
    return {name: _json(getattr(thing, field)) for name, field in names.items()}


def _json(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else value
