"""`operators` on the wire."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Choice, Length, NotBlank, StrictEmail, TypeBool
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.validation import Field, Fields
from customer_api.operators.models import EMAIL_LENGTH, Operator
from customer_api.operators.scopes import Role
from customer_api.operators.service import ChangeOperator, CreateOperator

TYPE: Final = "operators"
LINK_TYPE: Final = "password-links"

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "email": openapi.STRING,
        "role": {"enum": list(Role)},
        "isAgent": openapi.BOOLEAN,
        "hasPassword": openapi.BOOLEAN,
        "createdAt": openapi.TIMESTAMP,
        "updatedAt": openapi.TIMESTAMP,
    },
)
LINK_SHAPE: Final = openapi.Shape(
    LINK_TYPE, {"passwordLink": openapi.STRING}, id_schema=openapi.NO_ID
)


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new operator."""
    return Fields(
        Field(
            "email",
            NotBlank(),
            StrictEmail(),
            Length(max=EMAIL_LENGTH),
            example="grace@shop.example",
        ),
        Field("role", NotBlank(), Choice(*Role)),
        Field("isAgent", TypeBool(), type="boolean", required=False),
    )


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of a change."""
    return Fields(
        Field("role", NotBlank(), Choice(*Role), required=False),
        Field("isAgent", TypeBool(), type="boolean", required=False),
    )


def to_create(attributes: Mapping[str, Any]) -> CreateOperator:
    """Return the command of a creation."""
    return CreateOperator(
        email=attributes["email"],
        role=Role(attributes["role"]),
        is_agent=bool(attributes.get("isAgent")),
    )


def to_change(attributes: Mapping[str, Any]) -> ChangeOperator:
    """Return the command of a change."""
    role = attributes.get("role")
    return ChangeOperator(
        role=None if role is None else Role(role), is_agent=attributes.get("isAgent")
    )


def to_resource(operator: Operator, links: Links) -> Resource:
    """Return an operator as answers show them."""
    return Resource(
        type=TYPE,
        id=operator.uuid,
        attributes={
            "email": operator.email,
            "role": operator.role,
            "isAgent": operator.is_agent,
            "hasPassword": operator.has_password,
            "createdAt": timestamp(operator.created_at),
            "updatedAt": timestamp(operator.updated_at),
        },
        self_link=links.path(TYPE, operator.uuid),
    )


def to_link(password_link: str | None, uuid: str, links: Links) -> Resource:
    """Return the link by which an operator sets a password, which is shown this once."""
    return Resource(
        type=LINK_TYPE,
        id=None,
        attributes={"passwordLink": password_link},
        self_link=links.path(TYPE, uuid, LINK_TYPE),
    )
