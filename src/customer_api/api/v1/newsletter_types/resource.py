"""`newsletter-types` on the wire: what one can subscribe to."""

from typing import Final

from customer_api.api import openapi
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.newsletter.models import NewsletterType

TYPE: Final = "newsletter-types"

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "name": openapi.STRING,
        "description": openapi.NULLABLE_STRING,
        "consentText": openapi.STRING,
        "textVersion": openapi.INTEGER,
    },
)


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
        },
        self_link=links.resource(TYPE, newsletter.uuid),
    )
