"""Interactive documentation that needs no network: Swagger UI from an installed package."""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles

ASSETS: Final = Path(str(files("fastapi_offline"))) / "static"
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Customer API</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<p><a href="/docs">Storefront</a> <a href="/docs/back-office">Back office</a></p>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/{name}.js"></script>
</body>
</html>
"""
START: Final = """SwaggerUIBundle({{
  url: "/docs/{name}.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
}});
"""

MakeDocument = Callable[[], dict[str, Any]]


def mount_docs(app: FastAPI, storefront: MakeDocument, back_office: MakeDocument) -> None:
    """Serve a page for each API with its OpenAPI document, which is made when it is first asked for."""
    app.router.routes += _pages("/docs", "storefront-v1", storefront)
    app.router.routes += _pages("/docs/back-office", "back-office-v1", back_office)
    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="docs-assets")


def _pages(path: str, name: str, make: MakeDocument) -> list[BaseRoute]:
    """Return the routes of a page, of its script and of its document."""

    @cache
    def document() -> str:
        return json.dumps(make())

    async def read_page(_request: Request) -> Response:
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        return HTMLResponse(PAGE.format(name=name), headers=headers)

    async def read_script(_request: Request) -> Response:
        return Response(START.format(name=name), media_type="text/javascript")

    async def read_document(_request: Request) -> Response:
        return Response(document(), media_type=JSONResponse.media_type)

    return [
        Route(path, read_page),
        Route(f"/docs/{name}.js", read_script),
        Route(f"/docs/{name}.json", read_document),
    ]
