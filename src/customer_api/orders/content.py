"""What is stored of an order that was pushed or imported."""

import unicodedata

from customer_api.core.ids import CustomerId
from customer_api.customers.emails import EMAIL_LENGTH, email_key
from customer_api.orders.models import PushOrder


def values_of(command: PushOrder, customer_id: CustomerId | None) -> dict[str, object]:
    """Return the columns `repository.CONTENT` and `words` of an order."""
    return {
        "customer_id": customer_id,
        "placed_at": command.placed_at,
        "currency": command.currency,
        "price_mode": command.price_mode,
        "state": command.state,
        "totals": command.totals,
        "content": command.content,
        "billing_address": command.billing_address,
        "shipping_address": command.shipping_address,
        "guest_email_key": _guest_key(command) if customer_id is None else None,
        "words": _words(command),
    }


def as_claimed(
    values: dict[str, object], *, customer_id: CustomerId | None, is_closed: bool
) -> dict[str, object]:
    """Return what a push makes of an order that is there: a closed one is no guest's any more.

    The order system does not know of claims, so it goes on pushing the order as a guest's. Whoever
    claimed it keeps it until a push names a customer, and a forgotten address does not come back.
    """
    if not is_closed:
        return values
    owner = values["customer_id"]
    return values | {
        "customer_id": customer_id if owner is None else owner,
        "guest_email_key": None,
    }


def _guest_key(command: PushOrder) -> str | None:
    key = email_key(command.guest_email or "")
    return key if 0 < len(key) <= EMAIL_LENGTH else None  # normal forms can be longer


def folded(text: str) -> str:
    """Return the form in which texts are searched: without differences of case and width."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _words(command: PushOrder) -> str:
    """Return what an order is found by: its reference, and names and SKUs of what was bought."""
    bought = [text for item in command.content["items"] for text in (item["name"], item["sku"])]
    text = "\n".join([command.reference, *dict.fromkeys(bought)])
    return folded(text)
