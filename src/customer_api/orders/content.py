"""What is stored of an order that was pushed or imported."""

import unicodedata

from customer_api.core.ids import CustomerId
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
        "words": _words(command),
    }


def folded(text: str) -> str:
    """Return the form in which texts are searched: without differences of case and width."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _words(command: PushOrder) -> str:
    """Return what an order is found by: its reference, and names and SKUs of what was bought."""
    bought = [text for item in command.content["items"] for text in (item["name"], item["sku"])]
    text = "\n".join([command.reference, *dict.fromkeys(bought)])
    return folded(text)
