"""`newsletter-types` on the wire, for those who manage them."""

from collections.abc import Mapping
from typing import Any, Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Length, NotBlank
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.validation import Field, Fields
from customer_api.newsletter.managing import ChangeType, CreateType
from customer_api.newsletter.models import (
    CONSENT_LENGTH,
    DESCRIPTION_LENGTH,
    NAME_LENGTH,
    NewsletterType,
)

TYPE: Final = "newsletter-types"

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "name": openapi.STRING,
        "description": openapi.NULLABLE_STRING,
        "consentText": openapi.STRING,
        "textVersion": openapi.INTEGER,
        "createdAt": openapi.TIMESTAMP,
        "updatedAt": openapi.TIMESTAMP,
    },
)
_COLUMNS: Final = {"name": "name", "description": "description", "consentText": "consent_text"}


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new newsletter."""
    return _fields(required=True)


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of a change; null empties the description."""
    return _fields(required=False)


def to_create(attributes: Mapping[str, Any]) -> CreateType:
    """Return the command of a creation."""
    return CreateType(
        attributes["name"], attributes.get("description") or None, attributes["consentText"]
    )


def to_change(attributes: Mapping[str, Any]) -> ChangeType:
    """Return the command of a change."""
    return ChangeType({_COLUMNS[name]: value or None for name, value in attributes.items()})


def to_resource(newsletter: NewsletterType, links: Links) -> Resource:
    """Return a newsletter as answers show it."""
    return Resource(
        type=TYPE,
        id=newsletter.uuid,
        attributes={
            "name": newsletter.name,
            "description": newsletter.description,
            "consentText": newsletter.consent_text,
            "textVersion": newsletter.text_version,
            "createdAt": timestamp(newsletter.created_at),
            "updatedAt": timestamp(newsletter.updated_at),
        },
        self_link=links.path(TYPE, newsletter.uuid),
    )


def _fields(*, required: bool) -> Fields:
    text = "Yes, write to me about new things. I can end that at any time."
    return Fields(
        Field("name", NotBlank(), Length(max=NAME_LENGTH), required=required, example="News"),
        Field("description", Length(max=DESCRIPTION_LENGTH), required=False),
        Field(
            "consentText", NotBlank(), Length(max=CONSENT_LENGTH), required=required, example=text
        ),
    )
