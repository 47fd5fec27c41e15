"""`customers` on the wire (contract 3.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from customer_api.api import openapi
from customer_api.api.v1 import fields
from customer_api.core.settings import Settings
from customer_api.customers.models import GENDERS, Customer
from customer_api.customers.service import locale_of
from customer_api.email_change.service import ChangedProfile, ChangeProfile
from customer_api.jsonapi.constraints import (
    Choice,
    IsTrue,
    Length,
    NotBlank,
    PastDate,
    StrictEmail,
)
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.validation import Field, Fields
from customer_api.registration.service import SignUp

TYPE: Final = "customers"
NOTHING: Final[Mapping[str, Sequence[Resource]]] = {}

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "firstName": openapi.NULLABLE_STRING,
        "lastName": openapi.NULLABLE_STRING,
        "email": openapi.STRING,
        "gender": openapi.NULLABLE_STRING,
        "dateOfBirth": openapi.NULLABLE_DATE,
        "salutation": openapi.NULLABLE_STRING,
        "createdAt": openapi.TIMESTAMP,
        "updatedAt": openapi.TIMESTAMP,
    },
)
_COLUMNS: Final = {
    "email": "email",
    "gender": "gender",
    "salutation": "salutation",
    "firstName": "first_name",
    "lastName": "last_name",
    "dateOfBirth": "date_of_birth",
    "phone": "phone",
    "company": "company",
    "locale": "locale",
}


def create_fields(settings: Settings) -> Fields:
    """Return the rules of a registration, in the contract's order."""
    demanded = settings.required_fields
    return Fields(
        Field("email", NotBlank(), StrictEmail(), example="ada@shop.example"),
        Field("gender", NotBlank(), Choice(*GENDERS), required="gender" in demanded),
        fields.salutation(required="salutation" in demanded),
        fields.person_name("firstName", required="firstName" in demanded),
        fields.person_name("lastName", required="lastName" in demanded),
        fields.new_password("password", settings),
        Field(
            "confirmPassword",
            NotBlank(),
            fields.password_length(settings),
            required="confirmPassword" in demanded,
        ),
        Field("acceptedTerms", IsTrue(), type="boolean", required="acceptedTerms" in demanded),
        _date_of_birth(required="dateOfBirth" in demanded),
        _phone(required="phone" in demanded),
    )


def change_fields(settings: Settings) -> Fields:
    """Return the rules of a change; passwords are checked and never applied."""
    return Fields(
        Field("email", NotBlank(), StrictEmail(), required=False),
        Field("gender", NotBlank(), Choice(*GENDERS), required=False),
        fields.salutation(required=False),
        fields.person_name("firstName", required=False),
        fields.person_name("lastName", required=False),
        Field("password", *fields.password_rules(settings), required=False),
        Field("confirmPassword", fields.password_length(settings), required=False),
        _date_of_birth(required=False),
        _phone(required=False),
        Field("company", Length(max=100), required=False),
        Field("locale", Choice(*_spellings(settings.locales)), required=False, example="de_DE"),
    )


def to_sign_up(attributes: Mapping[str, Any], locale: str) -> SignUp:
    """Return the command of a registration."""
    return SignUp(
        email=attributes["email"],
        password=attributes["password"],
        confirm_password=attributes.get("confirmPassword"),
        has_accepted_terms=bool(attributes.get("acceptedTerms")),
        salutation=attributes.get("salutation"),
        first_name=attributes.get("firstName"),
        last_name=attributes.get("lastName"),
        gender=attributes.get("gender"),
        date_of_birth=attributes.get("dateOfBirth"),
        phone=attributes.get("phone") or None,
        locale=locale,
    )


def to_change(attributes: Mapping[str, Any]) -> ChangeProfile:
    """Return the command of a change."""
    values = {_COLUMNS[name]: attributes[name] or None for name in _COLUMNS if name in attributes}
    if locale := attributes.get("locale"):
        values["locale"] = locale_of(locale)
    return ChangeProfile(
        values=values,
        password=attributes.get("password"),
        confirm_password=attributes.get("confirmPassword"),
    )


def to_resource(
    customer: Customer, links: Links, related: Mapping[str, Sequence[Resource]] = NOTHING
) -> Resource:
    """Return the customer as answers show it, with what the query may include."""
    return Resource(
        type=TYPE,
        id=customer.reference,
        attributes={
            "firstName": customer.first_name,
            "lastName": customer.last_name,
            "email": customer.email,
            "gender": customer.gender,
            "dateOfBirth": customer.date_of_birth and customer.date_of_birth.isoformat(),
            "salutation": customer.salutation,
            "createdAt": timestamp(customer.created_at),
            "updatedAt": timestamp(customer.updated_at),
        },
        self_link=links.resource(TYPE, customer.reference),
        relationships=related,
    )


def to_changed_resource(
    changed: ChangedProfile, links: Links, related: Mapping[str, Sequence[Resource]] = NOTHING
) -> Resource:
    """Return the customer as the answer to a change shows it: with the address that is pending."""
    resource = to_resource(changed.customer, links, related)
    if changed.pending_email is None:
        return resource
    return replace(resource, meta={"pendingEmail": changed.pending_email})


def _spellings(locales: Sequence[str]) -> tuple[str, ...]:
    """Return locales such as `de_DE`, each followed by the same as a language tag, `de-DE`."""
    return tuple(it for locale in locales for it in (locale, locale.replace("_", "-")))


def _date_of_birth(*, required: bool) -> Field:
    return Field("dateOfBirth", PastDate(), required=required, example="1990-04-30")


def _phone(*, required: bool) -> Field:
    return Field("phone", Length(max=255), required=required)
