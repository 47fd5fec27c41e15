"""`addresses` on the wire (contract 3.2)."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.addresses.models import BookEntry
from customer_api.addresses.service import SaveAddress
from customer_api.api import openapi
from customer_api.api.v1 import countries, fields
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Constraint, Country, Length, NotBlank, TypeBool
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "addresses"

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "salutation": openapi.STRING,
        "firstName": openapi.STRING,
        "lastName": openapi.STRING,
        "address1": openapi.STRING,
        "address2": openapi.STRING,
        "address3": openapi.NULLABLE_STRING,
        "zipCode": openapi.STRING,
        "city": openapi.STRING,
        "country": openapi.STRING,
        "iso2Code": openapi.STRING,
        "company": openapi.NULLABLE_STRING,
        "phone": openapi.NULLABLE_STRING,
        "isDefaultShipping": openapi.BOOLEAN,
        "isDefaultBilling": openapi.BOOLEAN,
    },
)
_COLUMNS: Final = {
    "salutation": "salutation",
    "firstName": "first_name",
    "lastName": "last_name",
    "address1": "address1",
    "address2": "address2",
    "address3": "address3",
    "zipCode": "zip_code",
    "city": "city",
    "phone": "phone",
    "iso2Code": "country_code",
    "company": "company",
    "comment": "comment",
}


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new address, in the contract's order."""
    return book_fields(Country(countries.is_known), required=True)


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of a change: the same, each field optional."""
    return book_fields(Country(countries.is_known), required=False)


def to_command(attributes: Mapping[str, Any]) -> SaveAddress:
    """Return the command of a new or changed address."""
    return SaveAddress(
        values={
            _COLUMNS[name]: attributes[name] or None for name in _COLUMNS if name in attributes
        },
        is_default_billing=bool(attributes.get("isDefaultBilling")),
        is_default_shipping=bool(attributes.get("isDefaultShipping")),
    )


def to_resource(entry: BookEntry, reference: str, links: Links) -> Resource:
    """Return an address as answers show it; its link never repeats the query."""
    address = entry.address
    return Resource(
        type=TYPE,
        id=address.uuid,
        attributes={
            "salutation": address.salutation,
            "firstName": address.first_name,
            "lastName": address.last_name,
            "address1": address.address1,
            "address2": address.address2,
            "address3": address.address3,
            "zipCode": address.zip_code,
            "city": address.city,
            "country": countries.english_name(address.country_code),
            "iso2Code": address.country_code,
            "company": address.company,
            "phone": address.phone,
            "isDefaultShipping": entry.is_default_shipping,
            "isDefaultBilling": entry.is_default_billing,
        },
        self_link=links.path("customers", reference, TYPE, address.uuid),
    )


def book_fields(*country: Constraint, required: bool) -> Fields:
    """Return the rules of an address, with more rules for its country."""
    return Fields(
        fields.salutation(required=required),
        fields.person_name("firstName", required=required),
        fields.person_name("lastName", required=required),
        Field("address1", NotBlank(), Length(max=255), required=required),
        Field("address2", NotBlank(), Length(max=255), required=required),
        Field("address3", Length(max=255), required=False),
        Field("zipCode", NotBlank(), Length(max=15), required=required),
        Field("city", NotBlank(), Length(max=255), required=required),
        Field("phone", Length(max=255), required=False),
        Field(
            "iso2Code",
            NotBlank(),
            Length(max=2),
            *country,
            required=required,
            example="DE",
        ),
        Field("isDefaultShipping", TypeBool(), type="boolean", required=required),
        Field("isDefaultBilling", TypeBool(), type="boolean", required=required),
        Field("company", Length(max=255), required=False),
        Field("comment", Length(max=255), required=False),
    )
