"""`events` on the wire: the log, read from one place on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.listing import COUNT, ListInvalid
from customer_api.events.cloud_events import SEQUENCE_DIGITS, sequence_text
from customer_api.events.errors import PlaceInvalid
from customer_api.events.models import Event, EventType
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links, encoded_query
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.query import PAGE_AFTER, PAGE_BEFORE, Query

TYPE: Final = "events"
AFTER: Final = "after"

ATTRIBUTES: Final = {
    "type": {"enum": list(EventType)},
    "subject": openapi.STRING,
    "sequence": openapi.STRING,
    "time": openapi.TIMESTAMP,
    "data": {"type": "object"},
}
SHAPE: Final = openapi.Shape(TYPE, ATTRIBUTES)
FILTERS: Final = ("type",)
PARAMETERS: Final = (
    listing.parameter(
        AFTER, "Place behind which to go on: `meta.cursor` of the answer before, or a `sequence`."
    ),
    listing.size_parameter(),
    listing.parameter(f"filter[{TYPE}.type]", "Only events of these types, comma-separated."),
)

_PLACE: Final = re.compile(rf"[0-9]{{1,{SEQUENCE_DIGITS}}}")
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class LogPaging:
    """Where a reader of the log goes on; there is always more to come."""

    cursor: str

    def links(self, self_link: str, query: Query) -> dict[str, str]:
        """Return the link to what comes behind this page, also when that is nothing yet."""
        path = self_link.partition("?")[0]
        parameters = {**query.parameters, AFTER: self.cursor}
        return {"next": f"{path}?{encoded_query(parameters)}"}


def place_of(text: str | None) -> int | None:
    """Return the place in the log that a text names; None for no text.

    Raises:
        PlaceInvalid: it names none.
    """
    if text is None:
        return None
    if not _PLACE.fullmatch(text) or int(text) > _LARGEST:
        raise PlaceInvalid
    return int(text)


def size_of(query: Query) -> int:
    """Return how many events are asked for.

    Raises:
        ListInvalid: no size from 1 to 100, or another way to read a list.
    """
    others = (PAGE_AFTER, PAGE_BEFORE, COUNT)
    if query.sort or any(name in query.parameters for name in others):
        raise ListInvalid
    return listing.page_of(query, TYPE).size


def types_of(query: Query) -> frozenset[EventType]:
    """Return the types that are asked for; none for all.

    Raises:
        ListInvalid: an unknown filter, or a type that events do not have.
    """
    names = listing.filters_of(query, TYPE, FILTERS).get("type")
    if names is None:
        return frozenset()
    try:
        return frozenset(map(EventType, names.split(",")))
    except ValueError as error:
        raise ListInvalid from error


def to_attributes(event: Event) -> Mapping[str, object]:
    """Return an event as answers show it."""
    return {
        "type": event.type,
        "subject": event.subject,
        "sequence": sequence_text(event.sequence),
        "time": timestamp(event.at),
        "data": event.data,
    }


def to_resource(event: Event, links: Links) -> Resource:
    """Return an event as answers show it."""
    return Resource(
        type=TYPE,
        id=event.uuid,
        attributes=to_attributes(event),
        self_link=links.path(TYPE),
    )
