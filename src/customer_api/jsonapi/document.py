"""Answer documents, built from resources straight to bytes (JSON:API 1.1, section 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from customer_api.jsonapi.links import Pages
from customer_api.jsonapi.query import Query
from customer_api.jsonapi.strict_json import serialize

MEDIA_TYPE: Final = "application/vnd.api+json"
"""The whole `Content-Type` of every answer; clients compare it, so no charset is added."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A thing with a type, as an answer shows it."""

    type: str
    id: str | None
    """None for what has no identity, such as tokens; the member is sent all the same."""
    attributes: Mapping[str, object]
    """All declared attributes in their declared order, null where empty; values are JSON values."""
    self_link: str
    relationships: Mapping[str, Sequence["Resource"]] = field(default_factory=dict)
    """Related resources by name; an answer shows the non-empty ones that its query includes."""
    meta: Mapping[str, object] | None = None
    """What is told about the resource beside its attributes; None leaves the member out."""


def single(resource: Resource, query: Query) -> bytes:
    """Return a document with one resource; its link is the resource's own."""
    document: dict[str, object] = {"data": _object(resource, query)}
    document |= _included((resource,), query)
    return serialize(document)


def collection(
    resources: Sequence[Resource],
    query: Query,
    *,
    self_link: str,
    paging: Pages | None = None,
    meta: Mapping[str, object] | None = None,
) -> bytes:
    """Return a document with a list, also for none and for one resource.

    With `paging` its links lead to the other pages, too; `meta` tells something about the list.
    """
    links = {"self": self_link}
    if paging is not None:
        links |= paging.links(self_link, query)
    document: dict[str, object] = {
        "data": [_object(resource, query) for resource in resources],
        "links": links,
    }
    document |= _included(resources, query)
    if meta is not None:
        document["meta"] = dict(meta)
    return serialize(document)


def _object(resource: Resource, query: Query) -> dict[str, object]:
    attributes = dict(resource.attributes)
    kept = query.fields.get(resource.type)
    if kept is not None:
        attributes = {name: value for name, value in attributes.items() if name in kept}
    result: dict[str, object] = {
        "type": resource.type,
        "id": resource.id,
        "attributes": attributes,
        "links": {"self": resource.self_link},
    }
    if relationships := _relationships(resource, query):
        result["relationships"] = {
            name: {"data": [{"type": other.type, "id": other.id} for other in related]}
            for name, related in relationships.items()
        }
    if resource.meta is not None:
        result["meta"] = dict(resource.meta)
    return result


def _included(resources: Sequence[Resource], query: Query) -> dict[str, object]:
    """Return the member `included`, or nothing; each resource of the document appears once in it."""
    seen = {(resource.type, resource.id) for resource in resources}
    found: list[dict[str, object]] = []
    waiting = list(resources)
    for resource in waiting:  # grows: what is included may include more
        for related in _relationships(resource, query).values():
            for other in related:
                if (other.type, other.id) not in seen:
                    seen.add((other.type, other.id))
                    found.append(_object(other, query))
                    waiting.append(other)
    return {"included": found} if found else {}


def _relationships(resource: Resource, query: Query) -> dict[str, Sequence[Resource]]:
    return {
        name: related
        for name, related in resource.relationships.items()
        if related and name in query.include
    }
