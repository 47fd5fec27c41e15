"""`newsletter-subscriptions` on the wire."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Length, NotBlank, StrictEmail
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.nested import Integer
from customer_api.jsonapi.validation import Field, Fields
from customer_api.newsletter.models import CHANNEL_LENGTH, NamedSubscription, State
from customer_api.newsletter.service import Subscribe

TYPE: Final = "newsletter-subscriptions"
DEFAULT_CHANNEL: Final = "storefront"
_EMAIL_LENGTH: Final = 100
_NULLABLE_TIMESTAMP: Final = openapi.TIMESTAMP | {"type": ["string", "null"]}

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "newsletterType": openapi.STRING,
        "newsletterName": openapi.STRING,
        "email": openapi.STRING,
        "state": {"enum": list(State)},
        "channel": openapi.STRING,
        "textVersion": openapi.INTEGER,
        "askedAt": openapi.TIMESTAMP,
        "confirmedAt": _NULLABLE_TIMESTAMP,
        "endedAt": _NULLABLE_TIMESTAMP,
    },
)


def guest_fields(_settings: Settings) -> Fields:
    """Return the rules of a guest's wish."""
    email = (NotBlank(), StrictEmail(), Length(max=_EMAIL_LENGTH))
    return Fields(Field("email", *email, example="ada@shop.example"), *_fields())


def customer_fields(_settings: Settings) -> Fields:
    """Return the rules of a customer's wish."""
    return Fields(*_fields())


def to_command(attributes: Mapping[str, Any], locale: str) -> Subscribe:
    """Return the command of a wish."""
    return Subscribe(
        newsletter_type=attributes["newsletterType"],
        locale=locale,
        channel=attributes.get("channel") or DEFAULT_CHANNEL,
        text_version=attributes.get("textVersion"),
    )


def to_resource(named: NamedSubscription, reference: str, links: Links) -> Resource:
    """Return a customer's subscription as answers show it."""
    it = named.subscription
    return Resource(
        type=TYPE,
        id=it.uuid,
        attributes={
            "newsletterType": named.type_uuid,
            "newsletterName": named.type_name,
            "email": it.email,
            "state": it.shown_state,
            "channel": it.channel,
            "textVersion": it.text_version,
            "askedAt": timestamp(it.asked_at),
            "confirmedAt": _nullable(it.confirmed_at),
            "endedAt": _nullable(it.ended_at),
        },
        self_link=links.path("customers", reference, TYPE, it.uuid),
    )


def _fields() -> tuple[Field, ...]:
    example = "6d1d0a3e-9c2b-4b7e-9a59-2f3f6a1c0f11"
    return (
        Field("newsletterType", NotBlank(), Length(max=36), example=example),
        Field("channel", Length(max=CHANNEL_LENGTH), required=False, example="footer"),
        Field("textVersion", Integer(1, 2**31 - 1), type="integer", required=False),
    )


def _nullable(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
