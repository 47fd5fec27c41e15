"""Building blocks of the OpenAPI documents that FastAPI cannot derive, since bodies are bytes here."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from customer_api.jsonapi.document import MEDIA_TYPE

Schema = dict[str, Any]
Responses = dict[int | str, dict[str, Any]]

STRING: Final[Schema] = {"type": "string"}
NULLABLE_STRING: Final[Schema] = {"type": ["string", "null"]}
NULLABLE_DATE: Final[Schema] = {"type": ["string", "null"], "format": "date"}
BOOLEAN: Final[Schema] = {"type": "boolean"}
INTEGER: Final[Schema] = {"type": "integer"}
TIMESTAMP: Final[Schema] = {
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{6}$",
    "description": "UTC",
    "examples": ["2020-10-07 07:02:32.683823"],
}
LINKS: Final[Schema] = {
    "type": "object",
    # No format: the query in a link is decoded, so it need not be a URI by RFC 3986.
    "properties": {"self": STRING},
    "required": ["self"],
}
ERRORS: Final[Schema] = {
    "type": "object",
    "properties": {
        "errors": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string"},
                    "meta": {"type": "object"},
                },
                "required": ["status", "detail"],
            },
        }
    },
    "required": ["errors"],
}


class Shape:
    """What a resource looks like in answers: its type and its attributes in their order."""

    def __init__(
        self, resource_type: str, attributes: Mapping[str, Schema], *, id_schema: Schema = STRING
    ) -> None:
        self.type = resource_type
        self.schema: Schema = {
            "type": "object",
            "properties": {
                "type": {"const": resource_type},
                "id": id_schema,
                "attributes": {
                    "type": "object",
                    "properties": dict(attributes),
                    "required": list(attributes),
                },
                "links": LINKS,
            },
            "required": ["type", "id", "attributes", "links"],
        }

    def embedded(self, **more: Schema) -> Schema:
        """Return the schema of such a resource where it stands in another one: id, attributes, more."""
        properties = self.schema["properties"]
        attributes: Schema = properties["attributes"]["properties"]
        members = {"id": properties["id"], **attributes, **more}
        return {"type": "object", "properties": members, "required": list(members)}


INCLUDE: Final[Schema] = {
    "name": "include",
    "in": "query",
    "required": False,
    "description": "Relationships to include, comma-separated; unknown names are ignored.",
    "schema": STRING,
}
FIELDS: Final[Schema] = {
    "name": "fields",
    "in": "query",
    "required": False,
    "style": "deepObject",
    "explode": True,
    "description": "Attributes to keep by resource type: `fields[customers]=email`.",
    "schema": {"type": "object", "additionalProperties": STRING},
}

IDEMPOTENCY_KEY: Final[Schema] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A random text. The same request with the same key is done once, and answered "
    "alike each time.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}
IF_MATCH: Final[Schema] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the state to change; with another one at present nothing is done.",
    "schema": STRING,
}
_ETAG: Final[Schema] = {"ETag": {"description": "Name of the state.", "schema": STRING}}

NO_ID: Final[Schema] = {"type": "null"}


def path_parameter(name: str) -> Schema:
    """Return an id in the path."""
    return {"name": name, "in": "path", "required": True, "schema": STRING}


def query_parameter(name: str, description: str, schema: Schema) -> Schema:
    """Return an optional parameter in the query."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }


def object_of(names: Iterable[str], member: Schema | None = None) -> Schema:
    """Return the schema of an object that always has these members; by default of any kind."""
    members = {name: {} if member is None else member for name in names}
    return {"type": "object", "properties": members, "required": list(members)}


def single_answer(status: int, shape: Shape) -> Responses:
    """Return the OpenAPI response of a document with one resource."""
    included = {"type": "array", "items": {"type": "object"}}
    return _answer(
        status,
        {
            "type": "object",
            "properties": {"data": shape.schema, "included": included},
            "required": ["data"],
        },
    )


def state_answer(status: int, shape: Shape) -> Responses:
    """Return the OpenAPI response of a document with one resource whose state has a name."""
    answer = single_answer(status, shape)
    answer[status]["headers"] = _ETAG
    return answer


def collection_answer(shape: Shape) -> Responses:
    """Return the OpenAPI response of a list."""
    included = {"type": "array", "items": {"type": "object"}}
    return _answer(
        200,
        {
            "type": "object",
            "properties": {
                "data": {"type": "array", "items": shape.schema},
                "links": LINKS,
                "included": included,
            },
            "required": ["data", "links"],
        },
    )


def empty_answer() -> Responses:
    """Return the OpenAPI response of a success without content."""
    return {204: {"description": "Done; the answer is empty."}}


def accepted_answer() -> Responses:
    """Return the OpenAPI response of something that is queued."""
    return {202: {"description": "Queued; the answer is empty."}}


def request_body(resource_type: str, attributes: Schema) -> Schema:
    """Return the OpenAPI request body of a JSON:API document with these attributes."""
    schema = {
        "type": "object",
        "properties": {
            "data": {
                "type": "object",
                "properties": {"type": {"const": resource_type}, "attributes": attributes},
                "required": ["type", "attributes"],
            }
        },
        "required": ["data"],
    }
    return {"required": True, "content": {MEDIA_TYPE: {"schema": schema}}}


def _answer(status: int, schema: Schema) -> Responses:
    description = {200: "The present state.", 201: "Created."}[status]
    return {status: {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}}
