"""Puts the application together: routers, error handlers, middleware; nothing else."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from customer_api import __version__
from customer_api.api import edge
from customer_api.api.auth import Authentication
from customer_api.api.back_office import deps as back_office
from customer_api.api.back_office.v1.errors import BACK_OFFICE
from customer_api.api.deps import Edge
from customer_api.api.docs import mount_docs
from customer_api.api.documents import back_office_openapi, field_makers, storefront_openapi
from customer_api.api.error_table import answer_failure
from customer_api.api.headers import AnswerHeaders, fixed_headers, is_https_only
from customer_api.api.locales import Locales
from customer_api.api.origin import OriginCheck
from customer_api.api.paths import ResourceTable, StorefrontPaths
from customer_api.api.routers import (
    BACK_OFFICE_ROUTERS,
    PUBLISHED_ROUTES,
    STOREFRONT_ROUTERS,
    WITHOUT_TOKEN,
    routes_of,
)
from customer_api.api.unrouted import answer_unrouted
from customer_api.api.v1.customer_restore_password.resource import TYPE as RESTORE_PASSWORD
from customer_api.api.v1.errors import STOREFRONT, to_answer
from customer_api.bootstrap import Container
from customer_api.core.errors import AppError
from customer_api.core.settings import Settings
from customer_api.observability.request_id import RequestIds


def create_app(container: Container) -> ASGIApp:
    """Return the whole application, middleware included."""
    settings = container.settings
    locales = Locales(settings.locales)
    app = FastAPI(
        title="Customer API",
        version=__version__,
        routes=list(PUBLISHED_ROUTES),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.edge = Edge(
        container=container,
        authentication=Authentication(
            access_tokens=container.access_tokens,
            subjects=container.subjects,
            agents=container.agents.units,
        ),
        locales=locales,
        fields={make: make(settings) for make in field_makers()},
    )
    back_office.require_scopes(routes_of(BACK_OFFICE_ROUTERS), without_token=WITHOUT_TOKEN)
    if settings.docs:
        mount_docs(
            app, partial(storefront_openapi, settings), partial(back_office_openapi, settings)
        )
    app.add_exception_handler(AppError, _answer_refusal)
    app.add_exception_handler(Exception, answer_failure)
    app.add_exception_handler(404, answer_unrouted)
    app.add_exception_handler(405, answer_unrouted)
    return _with_middleware(app, settings, locales)


def _with_middleware(app: FastAPI, settings: Settings, locales: Locales) -> ASGIApp:
    table = ResourceTable(
        ((route.path, route.methods or ()) for route in routes_of(STOREFRONT_ROUTERS)),
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


async def _answer_refusal(request: Request, error: Exception) -> Response:
    """Answer a refusal by the table of the API that was called."""
    assert isinstance(error, AppError)
    is_back_office = request.scope["path"].startswith(f"{back_office.PREFIX}/")
    table = BACK_OFFICE if is_back_office else STOREFRONT
    table.record(error)
    return table.answer(error)


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
