"""What an order consists of on the wire.

The names are those under which the storefront shows orders. What is not declared here is not stored: addresses
have no e-mail, because it would lead back to the person whom an erasure has made unknown. The one of a guest is
kept apart from them, for a time, so that it can be forgotten.
"""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.core.settings import Settings
from customer_api.customers.emails import EMAIL_LENGTH
from customer_api.jsonapi.constraints import Choice, Email, Length, NotBlank, Regex
from customer_api.jsonapi.nested import Integer, ListField, Moment, Number, ObjectField, Required
from customer_api.jsonapi.validation import Field, Fields
from customer_api.orders.models import (
    LARGEST_QUANTITY,
    MOST_ITEMS,
    PRICE_MODES,
    REFERENCE,
    REFERENCE_LENGTH,
    STATE_LENGTH,
    PushOrder,
)

_TEXT_LENGTH: Final = 255
_LARGEST_AMOUNT: Final = 10**15
"""Of the minor unit, in either direction; every JSON reader takes such numbers exactly."""
_MOST_PARTS: Final = 50
_LARGEST_TAX_RATE: Final = 100
_PRICES: Final = ("unitGrossPrice", "sumGrossPrice", "unitNetPrice", "sumNetPrice")
_ADDRESS: Final = (
    "salutation",
    "firstName",
    "middleName",
    "lastName",
    "address1",
    "address2",
    "address3",
    "company",
    "city",
    "zipCode",
    "poBox",
    "phone",
    "cellPhone",
    "description",
    "comment",
    "country",
    "iso2Code",
)
_CONTENT: Final = ("items", "expenses", "payments", "shipments")


def order_fields(_settings: Settings | None = None) -> Fields:
    """Return the rules of an order, whose reference stands in the path."""
    return Fields(*_order())


def batched_fields() -> Fields:
    """Return the rules of an order in a batch, which has its reference among its attributes."""
    return Fields(Field("reference", NotBlank(), Regex(REFERENCE, _NO_REFERENCE)), *_order())


def to_command(reference: str, attributes: Mapping[str, Any]) -> PushOrder:
    """Return the command of a push."""
    return PushOrder(
        reference=reference,
        customer_reference=attributes.get("customerReference") or None,
        guest_email=attributes.get("guestEmail") or None,
        placed_at=attributes["placedAt"],
        currency=attributes["currency"],
        price_mode=attributes["priceMode"],
        state=attributes["state"],
        totals=attributes["totals"],
        content={name: attributes.get(name, []) for name in _CONTENT},
        billing_address=attributes.get("billingAddress"),
        shipping_address=attributes.get("shippingAddress"),
    )


def _order() -> tuple[Field, ...]:
    reference = Length(min=1, max=REFERENCE_LENGTH)
    return (
        Field("customerReference", reference, required=False, example="DE--7K3MX0Q2VD"),
        Field(
            "guestEmail",
            Email(),
            Length(max=EMAIL_LENGTH),
            required=False,
            description="Of a guest, who can claim the order with it; never shown.",
        ),
        Field("placedAt", NotBlank(), Moment(), example="2026-03-14T09:26:53Z"),
        Field("currency", NotBlank(), Regex(r"^[A-Z]{3}$", _NO_CURRENCY), example="EUR"),
        Field("priceMode", NotBlank(), Choice(*PRICE_MODES)),
        Field("state", NotBlank(), Length(max=STATE_LENGTH), example="shipped"),
        ObjectField("totals", _totals()),
        ListField("items", _items(), min=1, max=MOST_ITEMS),
        ListField("expenses", _expenses(), max=_MOST_PARTS),
        ListField("payments", _payments(), max=_MOST_PARTS),
        ListField("shipments", _shipments(), max=_MOST_PARTS),
        ObjectField("billingAddress", _address(), required=False),
        ObjectField("shippingAddress", _address(), required=False),
    )


def _totals() -> Fields:
    return Fields(
        _amount("expenseTotal"),
        _amount("discountTotal"),
        _amount("taxTotal"),
        _amount("subtotal"),
        _amount("grandTotal"),
        _amount("canceledTotal", required=False),
        _amount("remunerationTotal", required=False),
    )


def _items() -> Fields:
    return Fields(
        _text("sku"),
        _text("name"),
        Field("quantity", Required(), Integer(1, LARGEST_QUANTITY), type="integer"),
        _amount("unitPrice"),
        _amount("sumPrice"),
        *(_amount(name, required=False) for name in _PRICES),
        _tax_rate(),
        _text("state", required=False),
    )


def _expenses() -> Fields:
    return Fields(
        _text("type"),
        _text("name"),
        _amount("sumPrice"),
        *(_amount(name, required=False) for name in _PRICES),
        _tax_rate(),
    )


def _payments() -> Fields:
    return Fields(_amount("amount"), _text("paymentProvider"), _text("paymentMethod"))


def _shipments() -> Fields:
    return Fields(
        _text("shipmentMethodName"),
        _text("carrierName"),
        _text("deliveryTime", required=False),
        _amount("defaultGrossPrice", required=False),
        _amount("defaultNetPrice", required=False),
    )


def _address() -> Fields:
    return Fields(*(_text(name, required=False) for name in _ADDRESS))


def _text(name: str, *, required: bool = True) -> Field:
    rules = (NotBlank(),) if required else ()
    return Field(name, *rules, Length(max=_TEXT_LENGTH), required=required)


def _amount(name: str, *, required: bool = True) -> Field:
    rules = (Required(),) if required else ()
    bounds = Integer(-_LARGEST_AMOUNT, _LARGEST_AMOUNT)
    return Field(name, *rules, bounds, required=required, type="integer")


def _tax_rate() -> Field:
    return Field("taxRate", Number(0, _LARGEST_TAX_RATE), required=False, type="number")


_NO_REFERENCE: Final = "This value is not a valid reference."
_NO_CURRENCY: Final = "This value is not a valid currency."
