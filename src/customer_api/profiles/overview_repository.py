"""What an overview reads at once from several sections."""

from typing import Final

from sqlalchemy import Connection, and_, bindparam, select

from customer_api.addresses import repository as addresses
from customer_api.addresses.models import AddressRow, BookEntry
from customer_api.addresses.service import entry_of
from customer_api.customers.models import Customer, CustomerRow
from customer_api.newsletter import repository as newsletters
from customer_api.newsletter.models import NamedSubscription, SubscriptionRow, TypeRow

Entries = tuple[BookEntry | None, BookEntry | None]

# Two addresses at the most, each with all newsletters: a few rows, and one statement instead of two.
_DEFAULTS_AND_NEWSLETTERS: Final = (
    select(
        *addresses.COLUMNS,
        *newsletters.COLUMNS,
        TypeRow.uuid.label("type_uuid"),
        TypeRow.name.label("type_name"),
    )
    .select_from(CustomerRow)
    .outerjoin(
        AddressRow,
        and_(
            AddressRow.customer_id == CustomerRow.id,
            AddressRow.id.in_(
                (CustomerRow.default_billing_address_id, CustomerRow.default_shipping_address_id)
            ),
            AddressRow.deleted_at.is_(None),
        ),
    )
    .outerjoin(SubscriptionRow, SubscriptionRow.customer_id == CustomerRow.id)
    .outerjoin(TypeRow, TypeRow.id == SubscriptionRow.type_id)
    .where(CustomerRow.id == bindparam("customer"))
    .order_by(TypeRow.name_key)
)


def find_defaults_and_newsletters(
    connection: Connection, customer: Customer
) -> tuple[Entries, tuple[NamedSubscription, ...]]:
    """Return the default addresses for billing and shipping, and the subscriptions by name."""
    places, subscriptions = {}, {}
    for row in connection.execute(_DEFAULTS_AND_NEWSLETTERS, {"customer": customer.id}):
        of_address = row[: len(addresses.COLUMNS)]
        of_newsletter = row[len(addresses.COLUMNS) :]
        if of_address[0] is not None:
            place = addresses.to_address(of_address)
            places[place.id] = entry_of(place, customer)
        if of_newsletter[0] is not None:
            subscription = newsletters.to_subscription(of_newsletter)
            named = NamedSubscription(subscription, row.type_uuid, row.type_name)
            subscriptions[subscription.id] = named
    billing, shipping = (
        None if it is None else places.get(it)
        for it in (customer.default_billing_address_id, customer.default_shipping_address_id)
    )
    return (billing, shipping), tuple(subscriptions.values())
