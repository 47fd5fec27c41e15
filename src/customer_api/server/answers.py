"""Answers made below the application, in the form of all others."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from customer_api.jsonapi.document import MEDIA_TYPE
from customer_api.jsonapi.errors import ErrorObject, error_document

REASON_PHRASES: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}
"""RFC 9110 renamed these; Python's table follows from 3.13 on only, and uvicorn takes it from there."""


def closing_answer(status: int, headers: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Return header fields and body of an error after which the connection ends.

    Args:
        status: also names the error; there is no more to say about it.
        headers: what every answer carries.
    """
    phrase = REASON_PHRASES.get(status) or HTTPStatus(status).phrase
    body = error_document([ErrorObject(status, phrase)])
    own = {"Content-Type": MEDIA_TYPE, "Content-Length": str(len(body)), "Connection": "close"}
    return {**headers, **own}, body
