"""`customers` on the wire of the back office."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from customer_api.addresses.directory import CustomerList, ListedCustomer
from customer_api.addresses.models import BookEntry
from customer_api.api import openapi
from customer_api.api.back_office.v1.customer_groups import resource as groups
from customer_api.api.back_office.v1.notes import resource as notes
from customer_api.api.back_office.v1.orders import resource as orders
from customer_api.api.v1 import fields
from customer_api.api.v1.addresses import resource as addresses
from customer_api.core.settings import Settings
from customer_api.customers.models import GENDERS, SALUTATIONS, Customer, Status
from customer_api.customers.service import EMAIL_MAX_LENGTH, locale_of
from customer_api.email_change.customer_changes import ChangeCustomer
from customer_api.jsonapi.constraints import (
    Choice,
    Length,
    NotBlank,
    PastDate,
    StrictEmail,
    TypeBool,
)
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.validation import Field, Fields
from customer_api.profiles.service import Profile, Related
from customer_api.registration.by_operators import CreateCustomer

TYPE: Final = "customers"
LOCK_TYPE: Final = "customer-locks"
NULLABLE_TIMESTAMP: Final = openapi.TIMESTAMP | {"type": ["string", "null"]}
NULLABLE_ID: Final = openapi.NULLABLE_STRING

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "email": openapi.STRING,
        "salutation": openapi.NULLABLE_STRING,
        "firstName": openapi.NULLABLE_STRING,
        "lastName": openapi.NULLABLE_STRING,
        "gender": openapi.NULLABLE_STRING,
        "dateOfBirth": openapi.NULLABLE_DATE,
        "company": openapi.NULLABLE_STRING,
        "phone": openapi.NULLABLE_STRING,
        "locale": openapi.NULLABLE_STRING,
        "status": {"enum": list(Status)},
        "lockReason": openapi.NULLABLE_STRING,
        "defaultBillingAddress": NULLABLE_ID,
        "defaultShippingAddress": NULLABLE_ID,
        "registeredAt": NULLABLE_TIMESTAMP,
        "lockedAt": NULLABLE_TIMESTAMP,
        "anonymizedAt": NULLABLE_TIMESTAMP,
        "createdAt": openapi.TIMESTAMP,
        "updatedAt": openapi.TIMESTAMP,
    },
)
RELATED: Final = {
    "notes": Related.NOTES,
    "groups": Related.GROUPS,
    groups.TYPE: Related.GROUPS,
    "orders": Related.ORDERS,
}
"""What takes a scope of its own, by its names in `include`."""

_COLUMNS: Final = {
    "email": "email",
    "salutation": "salutation",
    "firstName": "first_name",
    "lastName": "last_name",
    "gender": "gender",
    "dateOfBirth": "date_of_birth",
    "company": "company",
    "phone": "phone",
    "locale": "locale",
}
_DEFAULTS: Final = {
    "defaultBillingAddress": "default_billing_address_id",
    "defaultShippingAddress": "default_shipping_address_id",
}


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new customer; there is no password among them."""
    return Fields(
        *_profile(required=True),
        Field("sendPasswordToken", TypeBool(), type="boolean", required=False),
        Field("sendConfirmation", TypeBool(), type="boolean", required=False),
    )


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of a change: null empties, where a customer can do without."""
    return Fields(
        *_profile(required=False),
        *(Field(name, Length(max=36), required=False) for name in _DEFAULTS),
    )


def lock_fields(_settings: Settings) -> Fields:
    """Return the rules of a lock."""
    return Fields(Field("reason", NotBlank(), Length(max=255), example="Chargeback, ticket 4711"))


def to_create(attributes: Mapping[str, Any]) -> CreateCustomer:
    """Return the command of a creation."""
    return CreateCustomer(
        email=attributes["email"],
        salutation=attributes.get("salutation"),
        first_name=attributes["firstName"],
        last_name=attributes["lastName"],
        gender=attributes.get("gender"),
        date_of_birth=attributes.get("dateOfBirth"),
        company=attributes.get("company") or None,
        phone=attributes.get("phone") or None,
        locale=locale_of(attributes.get("locale") or "") or None,
        sends_password_key=bool(attributes.get("sendPasswordToken")),
        sends_confirmation=bool(attributes.get("sendConfirmation")),
    )


def to_change(attributes: Mapping[str, Any]) -> ChangeCustomer:
    """Return the command of a change."""
    values = dict(_renamed(attributes, _COLUMNS))
    if locale := attributes.get("locale"):
        values["locale"] = locale_of(locale)
    return ChangeCustomer(values, default_addresses=_renamed(attributes, _DEFAULTS))


def to_listed(customer: Customer, book: Sequence[BookEntry]) -> ListedCustomer:
    """Return a customer with the default addresses out of their book."""
    return ListedCustomer(
        customer,
        default_billing=next((it.address.uuid for it in book if it.is_default_billing), None),
        default_shipping=next((it.address.uuid for it in book if it.is_default_shipping), None),
    )


def to_profile(profile: Profile, links: Links) -> Resource:
    """Return a customer with all that a query can include."""
    reference = profile.customer.reference
    found_groups = [groups.to_resource(it, links) for it in profile.groups]
    return to_resource(
        to_listed(profile.customer, profile.book),
        links,
        {
            addresses.TYPE: [addresses.to_resource(it, reference, links) for it in profile.book],
            notes.TYPE: [notes.to_resource(it, reference, links) for it in profile.notes],
            "groups": found_groups,
            groups.TYPE: found_groups,
            orders.TYPE: [orders.to_listed(it, links) for it in profile.orders],
        },
    )


def to_resource(
    listed: ListedCustomer,
    links: Links,
    relationships: Mapping[str, Sequence[Resource]] = MappingProxyType({}),
) -> Resource:
    """Return a customer as answers show it."""
    customer = listed.customer
    return Resource(
        type=TYPE,
        id=customer.reference,
        attributes={
            "email": customer.email,
            "salutation": customer.salutation,
            "firstName": customer.first_name,
            "lastName": customer.last_name,
            "gender": customer.gender,
            "dateOfBirth": customer.date_of_birth and customer.date_of_birth.isoformat(),
            "company": customer.company,
            "phone": customer.phone,
            "locale": customer.locale,
            "status": customer.status,
            "lockReason": customer.lock_reason,
            "defaultBillingAddress": listed.default_billing,
            "defaultShippingAddress": listed.default_shipping,
            "registeredAt": customer.registered_at and timestamp(customer.registered_at),
            "lockedAt": customer.locked_at and timestamp(customer.locked_at),
            "anonymizedAt": customer.anonymized_at and timestamp(customer.anonymized_at),
            "createdAt": timestamp(customer.created_at),
            "updatedAt": timestamp(customer.updated_at),
        },
        self_link=links.path(TYPE, customer.reference),
        relationships=relationships,
    )


def to_lock(customer: Customer, links: Links) -> Resource:
    """Return the lock of a customer who is locked."""
    return Resource(
        type=LOCK_TYPE,
        id=customer.reference,
        attributes={
            "reason": customer.lock_reason,
            "lockedAt": customer.locked_at and timestamp(customer.locked_at),
        },
        self_link=links.path(TYPE, customer.reference, "lock"),
    )


LOCK_SHAPE: Final = openapi.Shape(
    LOCK_TYPE, {"reason": openapi.STRING, "lockedAt": openapi.TIMESTAMP}
)


def to_meta(found: CustomerList) -> Mapping[str, object] | None:
    """Return what is told about a list."""
    return None if found.total is None else {"total": found.total}


def _renamed(attributes: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        column: attributes[name] or None for name, column in names.items() if name in attributes
    }


def _profile(*, required: bool) -> tuple[Field, ...]:
    return (
        Field(
            "email",
            NotBlank(),
            StrictEmail(),
            Length(max=EMAIL_MAX_LENGTH),
            required=required,
            example="ada@shop.example",
        ),
        fields.person_name("firstName", required=required),
        fields.person_name("lastName", required=required),
        Field("salutation", Choice(*SALUTATIONS), required=False),
        Field("gender", Choice(*GENDERS), required=False),
        Field("dateOfBirth", PastDate(), required=False, example="1990-04-30"),
        Field("company", Length(max=100), required=False),
        Field("phone", Length(max=255), required=False),
        Field("locale", Length(max=10), required=False, example="de_DE"),
    )
