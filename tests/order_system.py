"""What the shop's order system pushes."""

from datetime import datetime
from typing import Any


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


def order_values(customer_id: int, placed_at: datetime) -> dict[str, object]:
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
