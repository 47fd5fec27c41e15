"""The published documents: OpenAPI of each API, and the catalogue of errors."""

from http import HTTPStatus
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from customer_api.api import openapi
from customer_api.api.agents import AgentOnly
from customer_api.api.back_office import deps as back_office
from customer_api.api.back_office.v1.errors import BACK_OFFICE
from customer_api.api.body import BodyTooLarge, EncodingUnsupported
from customer_api.api.deps import (
    Authenticated,
    MakeFields,
    OptionalCustomer,
    Public,
    get_expected_state,
    get_once,
)
from customer_api.api.oauth.errors import BACK_OFFICE_OAUTH, STOREFRONT_OAUTH
from customer_api.api.paths import PREFIX
from customer_api.api.routers import BACK_OFFICE_ROUTERS, STOREFRONT_ROUTERS, routes_of
from customer_api.api.v1.errors import STOREFRONT, documented
from customer_api.core.settings import FixedSettings, Settings

_REQUEST_HEADERS: Final = {
    get_once: openapi.IDEMPOTENCY_KEY,
    back_office.get_once: openapi.IDEMPOTENCY_KEY,
    back_office.get_customer_once: openapi.IDEMPOTENCY_KEY,
    get_expected_state: openapi.IF_MATCH,
}
"""What a route heeds, by the dependency that reads it."""
_SECURITY: Final[dict[type, list[dict[str, list[str]]]]] = {
    Authenticated: [{"customer": []}],
    OptionalCustomer: [{}, {"customer": []}],
    AgentOnly: [{"agent": []}, {"agentHeader": []}],
}
"""The tokens that a route takes, by its checks."""


def storefront_openapi(settings: Settings | None = None) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the storefront API.

    It depends on settings in the field rules only (password lengths, required fields); without any
    given they are the defaults.
    """
    chosen = settings or FixedSettings()
    routes = routes_of(STOREFRONT_ROUTERS)
    document = get_openapi(
        title="Customer API, storefront",
        version="1",
        summary="Customer accounts of a shop: profile, addresses, passwords and tokens.",
        routes=routes,
        servers=[{"url": PREFIX}],
    )
    components = document.setdefault("components", {})
    components["schemas"] = {"Errors": openapi.ERRORS}
    components["securitySchemes"] = {
        "customer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "agent": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "agentHeader": {"type": "apiKey", "in": "header", "name": "X-Agent-Authorization"},
    }
    for route in routes:
        for method in route.methods or ():
            operation = document["paths"][route.path][method.lower()]
            _declare_ids(operation, route)
            _complete_operation(operation, route, chosen)
    return document


def back_office_openapi(settings: Settings | None = None) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the back-office API, as `storefront_openapi` does."""
    chosen = settings or FixedSettings()
    routes = routes_of(BACK_OFFICE_ROUTERS)
    document = get_openapi(
        title="Customer API, back office",
        version="1",
        summary="What administrators and integrators of a shop do with its customers.",
        routes=routes,
        servers=[{"url": back_office.PREFIX}],
    )
    components = document.setdefault("components", {})
    components["schemas"] = {"Errors": openapi.ERRORS}
    components["securitySchemes"] = {
        "caller": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for route in routes:
        for method in route.methods or ():
            operation = document["paths"][route.path][method.lower()]
            _declare_ids(operation, route)
            _complete_back_office_operation(operation, route, chosen)
    return document


def error_catalogue() -> dict[str, Any]:
    """Return every error of each API: its situation, code, status and detail."""
    return {
        "storefront v1": STOREFRONT.catalogue(),
        "token": STOREFRONT_OAUTH.catalogue(),
        "back office v1": BACK_OFFICE.catalogue(),
        "back office token": BACK_OFFICE_OAUTH.catalogue(),
    }


def _complete_back_office_operation(
    operation: dict[str, Any], route: APIRoute, settings: Settings
) -> None:
    """Add body, scope and query, and drop the framework's own validation answer."""
    validation = operation["responses"].get("422", {}).get("content", {}).get("application/json")
    if validation is not None:
        del operation["responses"]["422"]
    if HTTPStatus.OK not in route.responses:
        operation["responses"].pop("200", None)
    if parameters := _request_headers(route):
        operation.setdefault("parameters", []).extend(parameters)
    checks = back_office.checks_of(route)
    if checks is None:
        return
    if checks.make_fields is not None:
        attributes = checks.make_fields(settings).json_schema()
        operation["requestBody"] = openapi.request_body(checks.resource_type, attributes)
        for status, answer in BACK_OFFICE.documented(BodyTooLarge, EncodingUnsupported).items():
            operation["responses"][str(status)] = answer
    elif "GET" in (route.methods or ()):
        shared = [openapi.INCLUDE] if checks.included else []
        operation["parameters"] = [*operation.get("parameters", ()), *shared, openapi.FIELDS]
    if isinstance(checks, back_office.Operated):
        operation["security"] = [{"caller": []}]
        operation["description"] = f"{operation['description']}\n\nScope: `{checks.scope}`"


def _complete_operation(operation: dict[str, Any], route: APIRoute, settings: Settings) -> None:
    """Add body and security, and drop the framework's own validation answer."""
    validation = operation["responses"].get("422", {}).get("content", {}).get("application/json")
    if validation is not None:
        del operation["responses"]["422"]
    if parameters := _request_headers(route):
        operation.setdefault("parameters", []).extend(parameters)
    if HTTPStatus.OK not in route.responses:
        operation["responses"].pop("200", None)
    for checks in _checks(route):
        if checks.make_fields is not None:
            attributes = checks.make_fields(settings).json_schema()
            operation["requestBody"] = openapi.request_body(str(route.tags[0]), attributes)
            for status, answer in documented(BodyTooLarge, EncodingUnsupported).items():
                operation["responses"][str(status)] = answer
        elif "GET" in (route.methods or ()):
            shared = (openapi.INCLUDE, openapi.FIELDS)
            operation["parameters"] = [*operation.get("parameters", ()), *shared]
        if (security := _SECURITY.get(type(checks))) is not None:
            operation["security"] = security


def _declare_ids(operation: dict[str, Any], route: APIRoute) -> None:
    """Add the ids in the path that no function of the route takes, but its checks."""
    declared = {it["name"]: it for it in operation.get("parameters", ()) if it["in"] == "path"}
    ids = [declared.get(name) or openapi.path_parameter(name) for name in route.param_convertors]
    others = [it for it in operation.get("parameters", ()) if it["in"] != "path"]
    if ids:
        operation["parameters"] = [*ids, *others]


def _request_headers(route: APIRoute) -> list[openapi.Schema]:
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return [schema for read, schema in _REQUEST_HEADERS.items() if read in calls]


def _checks(route: APIRoute) -> list[Public | Authenticated | OptionalCustomer | AgentOnly]:
    return [
        dependency.call
        for dependency in route.dependant.dependencies
        if isinstance(dependency.call, Public | Authenticated | OptionalCustomer | AgentOnly)
    ]


def field_makers() -> set[MakeFields]:
    """Return what makes the field rules of all routes."""
    return {
        checks.make_fields
        for route in routes_of(STOREFRONT_ROUTERS)
        for checks in _checks(route)
        if checks.make_fields is not None
    } | {
        checks.make_fields
        for route in routes_of(BACK_OFFICE_ROUTERS)
        if (checks := back_office.checks_of(route)) and checks.make_fields is not None
    }
