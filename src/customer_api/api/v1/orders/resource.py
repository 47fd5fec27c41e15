"""`orders` on the wire (contract 3.12).

What the order system pushed is shown under the contract's names; what it did not push is null or empty, an
amount of `totals` 0, and a country's name that of its code.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from customer_api.api import openapi
from customer_api.api.v1 import countries
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.orders.models import Order, OrderHead, Part

TYPE: Final = "orders"

_TOTALS: Final = (
    "expenseTotal",
    "discountTotal",
    "taxTotal",
    "subtotal",
    "grandTotal",
    "canceledTotal",
    "remunerationTotal",
)
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
    "email",
    "country",
    "iso2Code",
)
_ITEM: Final = (
    "state",
    "name",
    "sku",
    "sumPrice",
    "quantity",
    "metadata",
    "calculatedDiscounts",
    "unitGrossPrice",
    "sumGrossPrice",
    "taxRate",
    "unitNetPrice",
    "sumNetPrice",
    "unitPrice",
    "unitTaxAmountFullAggregation",
    "sumTaxAmountFullAggregation",
    "refundableAmount",
    "canceledAmount",
    "sumSubtotalAggregation",
    "unitSubtotalAggregation",
    "unitProductOptionPriceAggregation",
    "sumProductOptionPriceAggregation",
    "unitExpensePriceAggregation",
    "sumExpensePriceAggregation",
    "unitDiscountAmountAggregation",
    "sumDiscountAmountAggregation",
    "unitDiscountAmountFullAggregation",
    "sumDiscountAmountFullAggregation",
    "unitPriceToPayAggregation",
    "sumPriceToPayAggregation",
    "taxRateAverageAggregation",
    "taxAmountAfterCancellation",
    "orderReference",
    "uuid",
    "isReturnable",
    "idShipment",
    "bundleItemIdentifier",
    "relatedBundleItemIdentifier",
    "salesOrderConfiguredBundle",
    "salesOrderConfiguredBundleItem",
    "productOptions",
    "salesUnit",
    "amount",
)
_EXPENSE: Final = (
    "type",
    "name",
    "sumPrice",
    "unitGrossPrice",
    "sumGrossPrice",
    "taxRate",
    "unitNetPrice",
    "sumNetPrice",
    "canceledAmount",
    "unitDiscountAmountAggregation",
    "sumDiscountAmountAggregation",
    "unitTaxAmount",
    "sumTaxAmount",
    "unitPriceToPayAggregation",
    "sumPriceToPayAggregation",
    "taxAmountAfterCancellation",
    "idShipment",
    "idSalesExpense",
)
_PAYMENT: Final = ("amount", "paymentProvider", "paymentMethod")
_SHIPMENT: Final = (
    "shipmentMethodName",
    "carrierName",
    "deliveryTime",
    "defaultGrossPrice",
    "defaultNetPrice",
    "currencyIsoCode",
)

_LIST: Final[openapi.Schema] = {"type": "array"}
_HEAD_SHAPE: Final[dict[str, openapi.Schema]] = {
    "createdAt": openapi.TIMESTAMP | {"description": "UTC; when the order was placed."},
    "currencyIsoCode": openapi.STRING,
    "priceMode": openapi.STRING,
    "totals": openapi.object_of(_TOTALS, openapi.INTEGER),
    "itemStates": _LIST | {"items": openapi.STRING},
    "merchantReferences": _LIST | {"items": openapi.STRING},
}
LISTED_SHAPE: Final = openapi.Shape(TYPE, _HEAD_SHAPE)
SHAPE: Final = openapi.Shape(
    TYPE,
    _HEAD_SHAPE
    | {
        name: openapi.object_of(_ADDRESS, openapi.NULLABLE_STRING) | {"type": ["object", "null"]}
        for name in ("billingAddress", "shippingAddress")
    }
    | {
        "items": _LIST | {"items": openapi.object_of(_ITEM)},
        "expenses": _LIST | {"items": openapi.object_of(_EXPENSE)},
        "payments": _LIST | {"items": openapi.object_of(_PAYMENT)},
        "shipments": _LIST | {"items": openapi.object_of(_SHIPMENT)},
        "calculatedDiscounts": _LIST,
        "bundleItems": _LIST,
    },
)


def to_listed(head: OrderHead, links: Links) -> Resource:
    """Return an order as lists show it."""
    return Resource(
        type=TYPE,
        id=head.reference,
        attributes=head_attributes(head),
        self_link=links.resource(TYPE, head.reference),
    )


def to_resource(order: Order, links: Links) -> Resource:
    """Return a whole order."""
    head, content = order.head, order.content
    item = {
        "metadata": {"superAttributes": [], "image": None},
        "calculatedDiscounts": [],
        "productOptions": [],
        "orderReference": head.reference,
        "isReturnable": False,
    }
    shipment = {"currencyIsoCode": head.currency}
    whole = {
        "billingAddress": _address(order.billing_address),
        "shippingAddress": _address(order.shipping_address),
        "items": _all_with(_ITEM, content["items"], item),
        "expenses": _all_with(_EXPENSE, content["expenses"]),
        "payments": _all_with(_PAYMENT, content["payments"]),
        "shipments": _all_with(_SHIPMENT, content["shipments"], shipment),
        "calculatedDiscounts": [],
        "bundleItems": [],
    }
    return Resource(
        type=TYPE,
        id=head.reference,
        attributes=head_attributes(head) | whole,
        self_link=links.resource(TYPE, head.reference),
    )


def head_attributes(head: OrderHead) -> dict[str, object]:
    """Return the attributes that lists show."""
    return {
        "createdAt": timestamp(head.placed_at),
        "currencyIsoCode": head.currency,
        "priceMode": head.price_mode,
        "totals": {name: head.totals.get(name) or 0 for name in _TOTALS},
        "itemStates": [head.state],
        "merchantReferences": [],
    }


def _address(copy: Part | None) -> dict[str, object] | None:
    if copy is None:
        return None
    country = copy.get("country") or countries.english_name(copy.get("iso2Code"))
    return _with(_ADDRESS, {**copy, "country": country})


def _all_with(
    names: Sequence[str], parts: Sequence[Part], fixed: Mapping[str, Any] | None = None
) -> list[dict[str, object]]:
    return [_with(names, {**part, **(fixed or {})}) for part in parts]


def _with(names: Sequence[str], part: Part) -> dict[str, object]:
    """Return these members of a part, null where it has none."""
    return {name: part.get(name) for name in names}
