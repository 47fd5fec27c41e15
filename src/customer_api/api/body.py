"""Request bodies: size, encoding, strict JSON, and the envelope of JSON:API (contract 1.2)."""

from typing import Final

from starlette.requests import ClientDisconnect, Request

from customer_api.core.errors import AppError
from customer_api.core.types import JsonObject
from customer_api.jsonapi import strict_json

BODY_LIMIT_BYTES: Final = 64 * 1024


class BodyInvalid(AppError):
    """Not strict JSON, or not an envelope with `data`, `type` and `attributes`."""


class TypeInvalid(AppError):
    """`data.type` is not the type that the path names."""


class BodyTooLarge(AppError):
    """More bytes than the route takes."""


class EncodingUnsupported(AppError):
    """A `Content-Encoding`; compressed bodies are not accepted."""


async def read_body(request: Request, limit_bytes: int = BODY_LIMIT_BYTES) -> bytes:
    """Return the whole body.

    Raises:
        BodyTooLarge: announced or actual size over the limit; the rest is not read.
        EncodingUnsupported: the body is encoded.
    """
    if request.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
        raise EncodingUnsupported
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > 9 or int(announced) > limit_bytes):  # noqa: PLR2004 - a number that long is too large
        raise BodyTooLarge
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit_bytes:
                raise BodyTooLarge
    except ClientDisconnect as error:
        raise BodyInvalid from error  # nobody is left to read the answer
    return bytes(body)


def parse_attributes(body: bytes, resource_type: str) -> JsonObject:
    """Return `data.attributes`; `data.id` and unknown members are ignored.

    Raises:
        BodyInvalid: no strict JSON, or no such envelope.
        TypeInvalid: the envelope is of another type.
    """
    try:
        document = strict_json.parse(body)
    except strict_json.JsonInvalid as error:
        raise BodyInvalid from error
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, dict) or data.get("type") is None:
        raise BodyInvalid
    if data["type"] != resource_type:
        raise TypeInvalid
    attributes = data.get("attributes")
    if not isinstance(attributes, dict):
        raise BodyInvalid
    return attributes
