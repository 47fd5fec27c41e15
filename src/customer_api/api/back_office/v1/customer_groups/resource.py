"""`customer-groups` and `customer-group-members` on the wire."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.groups.models import DESCRIPTION_LENGTH, NAME_LENGTH, Group, Member
from customer_api.groups.service import ChangeGroup, CreateGroup
from customer_api.jsonapi.constraints import Length, NotBlank
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.lists import Count, Texts
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "customer-groups"
MEMBER_TYPE: Final = "customer-group-members"
ORDER: Final = "groups"
MEMBER_ORDER: Final = "members"
"""What cursors of the lists name their orders."""
MOST_REFERENCES: Final = 1000
MEMBERS_LIMIT_BYTES: Final = 256 * 1024
"""For so many references of the greatest length, with room for escapes."""
_REFERENCE_LENGTH: Final = 64

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "name": openapi.STRING,
        "description": openapi.NULLABLE_STRING,
        "createdAt": openapi.TIMESTAMP,
        "updatedAt": openapi.TIMESTAMP,
    },
)
MEMBER_SHAPE: Final = openapi.Shape(MEMBER_TYPE, {"addedAt": openapi.TIMESTAMP})


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new group."""
    return Fields(_name(required=True), _description())


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of a change; null empties the description."""
    return Fields(_name(required=False), _description())


def member_fields(_settings: Settings) -> Fields:
    """Return the rules of references that are added or removed."""
    rules = (Texts(max=_REFERENCE_LENGTH), Count(min=1, max=MOST_REFERENCES))
    example = ["DE--7K3MX0Q2VD"]
    return Fields(Field("customerReferences", *rules, type="array", example=example))


def to_create(attributes: Mapping[str, Any]) -> CreateGroup:
    """Return the command of a creation."""
    return CreateGroup(attributes["name"], attributes.get("description") or None)


def to_change(attributes: Mapping[str, Any]) -> ChangeGroup:
    """Return the command of a change."""
    return ChangeGroup({name: value or None for name, value in attributes.items()})


def to_resource(group: Group, links: Links) -> Resource:
    """Return a group as answers show it."""
    return Resource(
        type=TYPE,
        id=group.uuid,
        attributes={
            "name": group.name,
            "description": group.description,
            "createdAt": timestamp(group.created_at),
            "updatedAt": timestamp(group.updated_at),
        },
        self_link=links.path(TYPE, group.uuid),
    )


def to_member(member: Member, links: Links) -> Resource:
    """Return a member as answers show it: the id is the reference, the link the customer's."""
    return Resource(
        type=MEMBER_TYPE,
        id=member.reference,
        attributes={"addedAt": timestamp(member.added_at)},
        self_link=links.path("customers", member.reference),
    )


def _name(*, required: bool) -> Field:
    rules = (NotBlank(), Length(max=NAME_LENGTH))
    return Field("name", *rules, required=required, example="VIP")


def _description() -> Field:
    return Field("description", Length(max=DESCRIPTION_LENGTH), required=False)
