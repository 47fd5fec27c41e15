"""`clients` on the wire."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from customer_api.api import openapi
from customer_api.core.settings import Settings
from customer_api.jsonapi.constraints import Length, NotBlank, SeveralOf
from customer_api.jsonapi.document import Resource
from customer_api.jsonapi.links import Links
from customer_api.jsonapi.moments import timestamp
from customer_api.jsonapi.validation import Field, Fields
from customer_api.operators.clients import (
    CLIENT_CREDENTIALS,
    GRANTS,
    ChangeClient,
    ClientWithSecret,
    CreateClient,
)
from customer_api.operators.models import NAME_LENGTH, ApiClient
from customer_api.operators.scopes import Scope

TYPE: Final = "clients"
SECRET_TYPE: Final = "secrets"  # noqa: S105 - a resource type

SHAPE: Final = openapi.Shape(
    TYPE,
    {
        "name": openapi.STRING,
        "scopes": {"type": "array", "items": {"enum": list(Scope)}},
        "allowedGrants": {"type": "array", "items": {"enum": list(GRANTS)}},
        "oldSecretExpiresAt": {"type": ["string", "null"]},
        "createdAt": openapi.TIMESTAMP,
        "updatedAt": openapi.TIMESTAMP,
    },
)


def create_fields(_settings: Settings) -> Fields:
    """Return the rules of a new client."""
    return Fields(
        Field("name", NotBlank(), Length(max=NAME_LENGTH), example="order system"),
        _scopes(required=True),
        _grants(),
    )


def change_fields(_settings: Settings) -> Fields:
    """Return the rules of a change."""
    return Fields(
        Field("name", NotBlank(), Length(max=NAME_LENGTH), required=False),
        _scopes(required=False),
        _grants(),
    )


def to_create(attributes: Mapping[str, Any]) -> CreateClient:
    """Return the command of a creation."""
    grants = attributes.get("allowedGrants", frozenset({CLIENT_CREDENTIALS}))
    return CreateClient(
        name=attributes["name"],
        scopes=frozenset(map(Scope, attributes["scopes"])),
        grants=grants,
    )


def to_change(attributes: Mapping[str, Any]) -> ChangeClient:
    """Return the command of a change."""
    scopes = attributes.get("scopes")
    return ChangeClient(
        name=attributes.get("name"),
        scopes=None if scopes is None else frozenset(map(Scope, scopes)),
        grants=attributes.get("allowedGrants"),
    )


def to_resource(client: ApiClient, links: Links) -> Resource:
    """Return a client as answers show it."""
    old_end = client.old_secret_expires_at
    return Resource(
        type=TYPE,
        id=client.uuid,
        attributes={
            "name": client.name,
            "scopes": [scope for scope in Scope if scope in client.scopes],
            "allowedGrants": [grant for grant in GRANTS if grant in client.grants],
            "oldSecretExpiresAt": None if old_end is None else timestamp(old_end),
            "createdAt": timestamp(client.created_at),
            "updatedAt": timestamp(client.updated_at),
        },
        self_link=links.path(TYPE, client.uuid),
    )


def with_secret(found: ClientWithSecret, links: Links) -> Resource:
    """Return a client with the secret that is shown this once."""
    return replace(to_resource(found.client, links), meta={"clientSecret": found.secret})


def _scopes(*, required: bool) -> Field:
    return Field("scopes", SeveralOf(*Scope), type="array", required=required)


def _grants() -> Field:
    return Field("allowedGrants", SeveralOf(*GRANTS), type="array", required=False)
