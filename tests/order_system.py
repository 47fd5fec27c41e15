"""What the shop's order system pushes."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from customer_api.api.back_office.v1.orders.fields import order_fields, to_command
from customer_api.customers import repository as customers
from customer_api.orders import repository as orders
from customer_api.orders.content import values_of
from tests.shop import Account, Shop


def order(**changes: Any) -> dict[str, Any]:
    """Return valid attributes of an order; None leaves one out."""
    attributes: dict[str, Any] = {
        "placedAt": "2026-03-01T10:00:00Z",
        "currency": "EUR",
        "priceMode": "GROSS_MODE",
        "state": "new",
        "totals": {
            "expenseTotal": 490,
            "discountTotal": 0,
            "taxTotal": 399,
            "subtotal": 2010,
            "grandTotal": 2500,
        },
        "items": [item()],
        "expenses": [
            {"type": "SHIPMENT_EXPENSE_TYPE", "name": "Standard", "sumPrice": 490, "taxRate": 19}
        ],
        "payments": [{"amount": 2500, "paymentProvider": "Bank", "paymentMethod": "Invoice"}],
        "shipments": [{"shipmentMethodName": "Standard", "carrierName": "Post"}],
        "billingAddress": {"firstName": "Ada", "lastName": "Example", "city": "Berlin"},
    }
    return {name: value for name, value in {**attributes, **changes}.items() if value is not None}


def item(**changes: Any) -> dict[str, Any]:
    """Return a valid item of an order."""
    return {
        "sku": "001",
        "name": "Camera",
        "quantity": 2,
        "unitPrice": 1005,
        "sumPrice": 2010,
        "taxRate": 19.5,
        **changes,
    }


def order_values(customer_id: int | None, placed_at: datetime) -> dict[str, object]:
    """Return the columns of an order, for tests that need no order system."""
    return {
        "customer_id": customer_id,
        "placed_at": placed_at,
        "currency": "EUR",
        "price_mode": "GROSS_MODE",
        "state": "new",
        "totals": {"grandTotal": 1},
        "content": {"items": [], "expenses": [], "payments": [], "shipments": []},
        "billing_address": None,
        "shipping_address": None,
        "words": "",
    }


async def store(shop: Shop, reference: str, *, of: Account | None = None, **changes: Any) -> None:
    """Store an order as a push does, of a guest unless a customer is named."""
    command = to_command(reference, order_fields().parse(order(**changes)))

    def work(connection: Connection) -> None:
        owner = None if of is None else customers.find_by_reference(connection, of.reference)
        values = values_of(command, None if owner is None else owner.id)
        assert orders.add(connection, reference, values, now=shop.clock.now())

    await shop.container.units.write(work)
