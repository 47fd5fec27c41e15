"""`newsletter-unsubscription` on the wire: a document, or the form of a mail program (RFC 8058)."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from typing_extensions import override

from customer_api.api import edge
from customer_api.api.body import BodyInvalid, read_body
from customer_api.api.deps import Public
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import NotBlank
from customer_api.jsonapi.validation import Field, Fields

TYPE: Final = "newsletter-unsubscription"
KEY: Final = "key"
ONE_CLICK: Final = (b"List-Unsubscribe", b"One-Click")
"""What the form has, in either of its encodings."""


def end_fields(_settings: Settings) -> Fields:
    """Return the rules of an end."""
    return Fields(Field(KEY, NotBlank()))


class OneClick(Public):
    """Dependency of the route: with a key in the query the body is the form of a mail program.

    Nothing else ends a subscription, so a program that opens links cannot. Clients are not counted: mail
    providers do this for many people from few addresses, and nobody guesses 256 bits.
    """

    @override
    async def _attributes(self, request: Request) -> Mapping[str, Any]:
        key = edge.get_target(request.scope).query.parameters.get(KEY)
        if key is None:
            return await super()._attributes(request)
        body = await read_body(request)
        if not all(part in body for part in ONE_CLICK):
            raise BodyInvalid
        return {KEY: key}
