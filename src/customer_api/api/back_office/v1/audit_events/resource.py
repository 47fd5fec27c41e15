"""`audit-events` on the wire."""

from typing import Final

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.audit.models import Action, ActorKind, AuditEvent
from customer_api.audit.search import EventSearch
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.query import Query

TYPE: Final = "audit-events"
ORDER: Final = "newest"
"""The one order of the list, as cursors name it."""

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "action": {"enum": list(Action)},
        "subject": openapi.NULLABLE_STRING,
        "actorKind": {"enum": list(ActorKind)},
        "actor": openapi.NULLABLE_STRING,
        "fields": {"type": "array", "items": openapi.STRING},
        "requestId": openapi.NULLABLE_STRING,
        "at": openapi.TIMESTAMP,
        "seal": {"type": ["integer", "null"]},
    },
)
FILTERS: Final = ("actor", "action", "subject", "from", "to")
PARAMETERS: Final = listing.parameters(filters=[f"{TYPE}.{name}" for name in FILTERS])


def search_of(query: Query) -> EventSearch:
    """Return which events a query asks for.

    Raises:
        ListInvalid: an unknown filter, or a value that it does not have.
    """
    filters = listing.filters_of(query, TYPE, FILTERS)
    since, until = filters.get("from"), filters.get("to")
    return EventSearch(
        actor=filters.get("actor"),
        action=listing.choice(Action, filters.get("action")),
        subject=filters.get("subject"),
        since=None if since is None else listing.moment(since),
        until=None if until is None else listing.moment_behind(until),
    )


def to_resource(event: AuditEvent, links: Links) -> Resource:
    """Return an event as answers show it."""
    return Resource(
        type=TYPE,
        id=event.uuid,
        attributes={
            "action": event.action,
            "subject": event.subject or None,
            "actorKind": event.actor_kind,
            "actor": event.actor or None,
            "fields": event.fields,
            "requestId": event.request_id or None,
            "at": timestamp(event.at),
            "seal": event.seal,
        },
        self_link=links.path(TYPE, event.uuid),
    )
