"""`notes` on the wire."""

from typing import Final

from customer_api.api import openapi
from customer_api.audit.models import ActorKind
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Length, NotBlank
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.validation import Field, Fields
from customer_api.notes.models import TEXT_LENGTH, Note

TYPE: Final = "notes"
ORDER: Final = "notes"
"""What cursors of the list name its order."""
BODY_LIMIT_BYTES: Final = 12 * TEXT_LENGTH + 4096
"""Characters beyond the Basic Multilingual Plane take 12 bytes when JSON escapes them."""

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "text": openapi.NULLABLE_STRING,
        "authorKind": {"enum": list(ActorKind)},
        "author": openapi.STRING,
        "authorName": openapi.NULLABLE_STRING,
        "createdAt": openapi.TIMESTAMP,
    },
)


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new note."""
    example = "Wants to be called after 6 pm."
    return Fields(Field("text", NotBlank(), Length(max=TEXT_LENGTH), example=example))


def to_resource(note: Note, reference: str, links: Links) -> Resource:
    """Return a note about a customer as answers show it."""
    return Resource(
        type=TYPE,
        id=note.uuid,
        attributes={
            "text": note.text,
            "authorKind": note.author_kind,
            "author": note.author,
            "authorName": note.author_name,
            "createdAt": timestamp(note.created_at),
        },
        self_link=links.path("customers", reference, TYPE, note.uuid),
    )
