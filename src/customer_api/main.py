"""Puts the application together: routers, error handlers, middleware; nothing else."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from customer_api import __version__
from customer_api.api import edge, health, openapi
from customer_api.api.auth import Authentication
from customer_api.api.body import BodyTooLarge, EncodingUnsupported
from customer_api.api.deps import (
    Authenticated,
    Edge,
    MakeFields,
    OptionalCustomer,
    Public,
    get_expected_state,
    get_once,
)
from customer_api.api.docs import mount_docs
from customer_api.api.headers import AnswerHeaders, fixed_headers, is_https_only
from customer_api.api.locales import Locales
from customer_api.api.oauth import routes as oauth
from customer_api.api.oauth.errors import OAUTH_ERRORS
from customer_api.api.origin import OriginCheck
from customer_api.api.paths import PREFIX, ResourceTable, StorefrontPaths
from customer_api.api.responses import refusal
from customer_api.api.v1.access_tokens.routes import router as access_tokens
from customer_api.api.v1.addresses.routes import router as addresses
from customer_api.api.v1.customer_access.routes import router as customer_access
from customer_api.api.v1.customer_confirmation.routes import router as customer_confirmation
from customer_api.api.v1.customer_email_confirmation.routes import router as email_confirmation
from customer_api.api.v1.customer_email_undo.routes import router as email_undo
from customer_api.api.v1.customer_forgotten_password.routes import router as forgotten_password
from customer_api.api.v1.customer_password.routes import router as customer_password
from customer_api.api.v1.customer_password_undo.routes import router as password_undo
from customer_api.api.v1.customer_restore_password.resource import TYPE as RESTORE_PASSWORD
from customer_api.api.v1.customer_restore_password.routes import router as restore_password
from customer_api.api.v1.customers.routes import router as customers
from customer_api.api.v1.errors import (
    STOREFRONT_ERRORS,
    answer_failure,
    answer_refusal,
    documented,
    to_answer,
)
from customer_api.api.v1.orders.routes import router as orders
from customer_api.api.v1.personal_data.routes import router as personal_data
from customer_api.api.v1.refresh_tokens.routes import router as refresh_tokens
from customer_api.api.v1.sessions.routes import router as sessions
from customer_api.api.v1.stores.routes import router as stores
from customer_api.api.v1.wishlists.routes import router as wishlists
from customer_api.bootstrap import Container
from customer_api.core.errors import AppError
from customer_api.core.settings import FixedSettings, Settings
from customer_api.jsonapi.errors import ErrorObject
from customer_api.observability.request_id import RequestIds

STOREFRONT_ROUTERS: Final[tuple[APIRouter, ...]] = (
    stores,
    customers,
    addresses,
    personal_data,
    customer_password,
    forgotten_password,
    restore_password,
    customer_confirmation,
    email_confirmation,
    email_undo,
    password_undo,
    customer_access,
    access_tokens,
    refresh_tokens,
    sessions,
    oauth.router,
    orders,
    wishlists,
)


_REQUEST_HEADERS: Final = {
    get_once: openapi.IDEMPOTENCY_KEY,
    get_expected_state: openapi.IF_MATCH,
}
"""What a route heeds, by the dependency that reads it."""


def create_app(container: Container) -> ASGIApp:
    """Return the whole application, middleware included."""
    settings = container.settings
    locales = Locales(settings.locales)
    app = FastAPI(
        title="Customer API",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.edge = Edge(
        container=container,
        authentication=Authentication(
            access_tokens=container.access_tokens, subjects=container.subjects
        ),
        locales=locales,
        fields={make: make(settings) for make in _field_makers()},
    )
    for router in STOREFRONT_ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(oauth.keys_router)
    app.include_router(health.router)
    if settings.docs:
        mount_docs(app, partial(storefront_openapi, settings))
    app.add_exception_handler(AppError, answer_refusal)
    app.add_exception_handler(Exception, answer_failure)
    app.add_exception_handler(404, _answer_unrouted)
    app.add_exception_handler(405, _answer_unrouted)
    return _with_middleware(app, settings, locales)


def storefront_openapi(settings: Settings | None = None) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of the storefront API.

    It depends on settings in the field rules only (password lengths, required fields); without any
    given they are the defaults.
    """
    chosen = settings or FixedSettings()
    routes = _storefront_routes()
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
        "customer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for route in routes:
        for method in route.methods or ():
            operation = document["paths"][route.path][method.lower()]
            _complete_operation(operation, route, chosen)
    return document


def error_catalogue() -> dict[str, Any]:
    """Return every error of each API: its situation, code, status and detail."""
    storefront = [
        {"situation": kind.__name__, "code": row.code, "status": row.status, "detail": row.detail}
        for kind, row in STOREFRONT_ERRORS.items()
    ]
    token = [
        {
            "situation": kind.__name__,
            "error": row.error,
            "status": row.status,
            "error_description": row.description,
        }
        for kind, row in OAUTH_ERRORS.items()
    ]
    return {"storefront v1": storefront, "token": token}


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
            operation.setdefault("parameters", []).extend(openapi.QUERY_PARAMETERS)
        if isinstance(checks, Authenticated):
            operation["security"] = [{"customer": []}]
        if isinstance(checks, OptionalCustomer):
            operation["security"] = [{}, {"customer": []}]


def _request_headers(route: APIRoute) -> list[openapi.Schema]:
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return [schema for read, schema in _REQUEST_HEADERS.items() if read in calls]


def _checks(route: APIRoute) -> list[Public | Authenticated | OptionalCustomer]:
    return [
        dependency.call
        for dependency in route.dependant.dependencies
        if isinstance(dependency.call, Public | Authenticated | OptionalCustomer)
    ]


def _storefront_routes() -> list[APIRoute]:
    return [
        route
        for router in STOREFRONT_ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
    ]


def _field_makers() -> set[MakeFields]:
    return {
        checks.make_fields
        for route in _storefront_routes()
        for checks in _checks(route)
        if checks.make_fields is not None
    }


def _with_middleware(app: FastAPI, settings: Settings, locales: Locales) -> ASGIApp:
    table = ResourceTable(
        ((route.path, route.methods or ()) for route in _storefront_routes()),
        without_id=(RESTORE_PASSWORD,) if settings.restore_without_id else (),
    )
    paths = StorefrontPaths(
        app, table=table, refuse=to_answer, has_cors=bool(settings.cors_origins)
    )
    origin = OriginCheck(
        paths,
        public_url=settings.public_url,
        allowed_hosts=settings.allowed_hosts,
        trusted_proxies=settings.trusted_proxies,
        is_https_only=is_https_only(settings),
    )
    fixed = fixed_headers(settings)
    headers = AnswerHeaders(
        origin, locales=locales, cors_origins=settings.cors_origins, fixed=fixed
    )
    return RequestIds(headers, failure=_make_failure(fixed), remember=edge.set_request_id)


def _make_failure(headers: Mapping[str, str]) -> ASGIApp:
    """Return what answers for middleware that raised."""

    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        answer = await answer_failure(Request(scope), Exception())
        answer.headers.update(headers)
        await answer(scope, receive, send)

    return fail


async def _answer_unrouted(_request: Request, error: Exception) -> Response:
    """Answer what is neither storefront nor any other path of ours."""
    status = getattr(error, "status_code", 404)
    detail = {404: "Not Found", 405: "Method Not Allowed"}[status]
    return refusal([ErrorObject(status, detail)], getattr(error, "headers", None))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    here: Edge = app.state.edge
    stop = asyncio.Event()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(here.container.hash_kinds.run(stop))
            if here.container.settings.mail_worker:
                tasks.create_task(here.container.run_workers(stop))
            yield
            stop.set()
    finally:
        await here.container.close()
