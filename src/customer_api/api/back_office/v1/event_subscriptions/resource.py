"""`event-subscriptions` on the wire, and what they lack."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from customer_api.api import openapi
from customer_api.api.back_office.v1.events.resource import ATTRIBUTES, to_attributes
from customer_api.core.settings import Settings
from customer_api.events.cloud_events import sequence_text
from customer_api.events.models import NAME_LENGTH, URL_LENGTH, EventType
from customer_api.events.subscriptions import (
    ChangeSubscription,
    CreateSubscription,
    Progress,
    Undelivered,
)
from customer_api.jsonapi.constraints import Length, NotBlank, SeveralOf, TypeBool
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.validation import Field, Fields
from customer_api.operators.event_access import SubscriptionWithSecret

TYPE: Final = "event-subscriptions"
SECRET_TYPE: Final = "secrets"  # noqa: S105 - a resource type
REPLAY_TYPE: Final = "replays"
RETRY_TYPE: Final = "retries"
UNDELIVERED_TYPE: Final = "undelivered-events"
ORDER: Final = "oldest"
"""The one order of what is undelivered, as cursors name it."""

_NULLABLE_TIMESTAMP: Final = openapi.TIMESTAMP | {"type": ["string", "null"]}
SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "name": openapi.STRING,
        "url": openapi.STRING,
        "types": {"type": "array", "items": {"enum": list(EventType)}},
        "withPersonalData": openapi.BOOLEAN,
        "position": openapi.STRING,
        "undelivered": openapi.INTEGER,
        "parked": openapi.INTEGER,
        "failures": openapi.INTEGER,
        "pausedUntil": _NULLABLE_TIMESTAMP,
        "lastError": openapi.NULLABLE_STRING,
        "deliveredAt": _NULLABLE_TIMESTAMP,
        "oldSecretExpiresAt": _NULLABLE_TIMESTAMP,
        "createdAt": openapi.TIMESTAMP,
        "updatedAt": openapi.TIMESTAMP,
    },
)
UNDELIVERED_SHAPE: Final = openapi.Shape(
    UNDELIVERED_TYPE,
    {
        **ATTRIBUTES,
        "tries": openapi.INTEGER,
        "nextTryAt": _NULLABLE_TIMESTAMP,
        "parkedAt": _NULLABLE_TIMESTAMP,
        "lastError": openapi.NULLABLE_STRING,
    },
)


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new receiver."""
    return _fields(required=True)


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of a change."""
    return _fields(required=False)


def replay_fields(_settings: Settings) -> Fields:
    """Return the rules of a replay."""
    return Fields(Field("after", Length(max=20), required=False))


def to_create(attributes: Mapping[str, Any]) -> CreateSubscription:
    """Return the command of a creation."""
    return CreateSubscription(
        name=attributes["name"],
        url=attributes["url"],
        types=frozenset(map(EventType, attributes.get("types", ()))),
        has_personal_data=bool(attributes.get("withPersonalData")),
    )


def to_change(attributes: Mapping[str, Any]) -> ChangeSubscription:
    """Return the command of a change."""
    types = attributes.get("types")
    return ChangeSubscription(
        name=attributes.get("name"),
        url=attributes.get("url"),
        types=None if types is None else frozenset(map(EventType, types)),
        has_personal_data=attributes.get("withPersonalData"),
    )


def to_resource(progress: Progress, links: Links) -> Resource:
    """Return a receiver as answers show it."""
    it = progress.subscription
    return Resource(
        type=TYPE,
        id=it.uuid,
        attributes={
            "name": it.name,
            "url": it.url,
            "types": sorted(it.types),
            "withPersonalData": it.has_personal_data,
            "position": sequence_text(it.position),
            "undelivered": progress.undelivered,
            "parked": progress.parked,
            "failures": it.failures,
            "pausedUntil": _nullable(it.paused_until),
            "lastError": it.last_error,
            "deliveredAt": _nullable(it.delivered_at),
            "oldSecretExpiresAt": _nullable(it.old_secret_expires_at),
            "createdAt": timestamp(it.created_at),
            "updatedAt": timestamp(it.updated_at),
        },
        self_link=links.path(TYPE, it.uuid),
    )


def with_secret(found: SubscriptionWithSecret, links: Links) -> Resource:
    """Return a receiver with the secret that is shown this once."""
    return replace(to_resource(found.progress, links), meta={"signingSecret": found.secret})


def to_undelivered(found: Undelivered, subscription: str, links: Links) -> Resource:
    """Return an event that a receiver lacks as answers show it."""
    return Resource(
        type=UNDELIVERED_TYPE,
        id=found.event.uuid,
        attributes={
            **to_attributes(found.event),
            "tries": found.tries,
            "nextTryAt": None if found.parked_at else timestamp(found.next_try_at),
            "parkedAt": _nullable(found.parked_at),
            "lastError": found.last_error,
        },
        self_link=links.path(TYPE, subscription, UNDELIVERED_TYPE, found.event.uuid),
    )


def _fields(*, required: bool) -> Fields:
    return Fields(
        Field(
            "name", NotBlank(), Length(max=NAME_LENGTH), required=required, example="cart service"
        ),
        Field(
            "url",
            NotBlank(),
            Length(max=URL_LENGTH),
            required=required,
            example="https://carts.shop.example/events",
        ),
        Field("types", SeveralOf(*EventType), type="array", required=False),
        Field("withPersonalData", TypeBool(), type="boolean", required=False),
    )


def _nullable(moment: datetime | None) -> str | None:
    return None if moment is None else timestamp(moment)
