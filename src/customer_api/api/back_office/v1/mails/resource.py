"""`mails` on the wire: neither texts nor addresses."""

from typing import Final

from customer_api.api import openapi
from customer_api.api.back_office import listing
from customer_api.api.back_office.listing import ListInvalid
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.query import Query
from customer_api.mail.models import STATES
from customer_api.mail.search import MailSearch, OutboxMail

TYPE: Final = "mails"
ORDER: Final = "queuedLast"
"""The one order of the list, as cursors name it."""

_NULLABLE_TIMESTAMP: Final = openapi.TIMESTAMP | {"type": ["string", "null"]}
SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "template": openapi.STRING,
        "customerReference": openapi.STRING,
        "state": {"enum": list(STATES)},
        "canBeRetried": openapi.BOOLEAN,
        "tries": openapi.INTEGER,
        "lastError": openapi.NULLABLE_STRING,
        "createdAt": openapi.TIMESTAMP,
        "nextTryAt": _NULLABLE_TIMESTAMP,
        "sentAt": _NULLABLE_TIMESTAMP,
    },
)
FILTERS: Final = ("state", "template", "customerReference")
PARAMETERS: Final = listing.parameters(filters=[f"{TYPE}.{name}" for name in FILTERS])


def search_of(query: Query) -> MailSearch:
    """Return which mails a query asks for.

    Raises:
        ListInvalid: an unknown filter, or a state that mails do not have.
    """
    filters = listing.filters_of(query, TYPE, FILTERS)
    state = filters.get("state")
    if state is not None and state not in STATES:
        raise ListInvalid
    return MailSearch(
        reference=filters.get("customerReference"), template=filters.get("template"), state=state
    )


def to_resource(mail: OutboxMail, links: Links) -> Resource:
    """Return a mail as answers show it."""
    return Resource(
        type=TYPE,
        id=mail.uuid,
        attributes={
            "template": mail.template,
            "customerReference": mail.reference,
            "state": mail.state,
            "canBeRetried": mail.can_be_retried,
            "tries": mail.tries,
            "lastError": mail.last_error,
            "createdAt": timestamp(mail.created_at),
            "nextTryAt": mail.next_try_at and timestamp(mail.next_try_at),
            "sentAt": mail.sent_at and timestamp(mail.sent_at),
        },
        self_link=links.path(TYPE, mail.uuid),
    )
