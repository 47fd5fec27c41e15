"""Parameters of OAuth 2.0 requests: forms, or JSON objects whatever the content type says."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote_plus

from starlette.requests import Request

from customer_api.api.oauth.errors import ParameterMissing
from customer_api.jsonapi import strict_json
from customer_api.operators.errors import ClientRefused

MOST_PARAMETERS: Final = 50


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a client shows of itself, however it does."""

    client_id: str
    client_secret: str
    is_basic: bool


def parse_parameters(body: bytes) -> dict[str, str]:
    """Return the parameters of a form, or of a JSON object.

    Raises:
        ParameterMissing: they cannot be read, or one is there twice.
    """
    if body.lstrip().startswith(b"{"):
        return _json_parameters(body)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_PARAMETERS,
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise ParameterMissing from error
    parameters = dict(pairs)
    if len(parameters) != len(pairs) or any("\x00" in value for value in parameters.values()):
        raise ParameterMissing
    return parameters


def needed(parameters: Mapping[str, str], name: str) -> str:
    """Return a parameter that must be there and not empty.

    Raises:
        ParameterMissing: it is not.
    """
    value = parameters.get(name)
    if not value:
        raise ParameterMissing
    return value


def parse_credentials(request: Request, parameters: Mapping[str, str]) -> Credentials | None:
    """Return how the client authenticates: by `Authorization: Basic` or by the body, not by both.

    The parts of the header are form-encoded before they are joined (RFC 6749, section 2.3.1). A bearer
    token is no credential of a client, and clients that log in again may still send their old one.

    Raises:
        ParameterMissing: both ways at once, or two headers.
        ClientRefused: the header is of another scheme or cannot be read (RFC 6749, section 5.2).
    """
    by_body = "client_secret" in parameters
    sent = request.headers.getlist("authorization")
    values = [it for it in sent if it.strip().partition(" ")[0].lower() != "bearer"]
    if not values:
        if not by_body:
            return None
        client_id = parameters.get("client_id", "")
        return Credentials(client_id, parameters["client_secret"], is_basic=False)
    scheme, _, encoded = values[0].strip().partition(" ")
    if by_body or len(values) > 1:
        raise ParameterMissing
    if scheme.lower() != "basic":
        raise ClientRefused
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError as error:  # UnicodeDecodeError is one
        raise ClientRefused from error
    client_id, separator, client_secret = decoded.partition(":")
    if not separator:
        raise ClientRefused
    return Credentials(unquote_plus(client_id), unquote_plus(client_secret), is_basic=True)


def _json_parameters(body: bytes) -> dict[str, str]:
    try:
        document = strict_json.parse(body)
    except strict_json.JsonInvalid as error:
        raise ParameterMissing from error
    assert isinstance(document, dict), "the body starts with a brace"
    return {name: value for name, value in document.items() if isinstance(value, str)}
