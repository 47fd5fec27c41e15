"""Interactive documentation that needs no network: Swagger UI from an installed package."""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, JSONResponse, Response
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
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
START: Final = """SwaggerUIBundle({
  url: "/docs/storefront-v1.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""


def mount_docs(app: FastAPI, make_storefront: Callable[[], dict[str, Any]]) -> None:
    """Serve `/docs` with the OpenAPI document of the storefront, made when it is first asked for."""
    router = APIRouter(include_in_schema=False)

    @cache
    def document() -> str:
        return json.dumps(make_storefront())

    @router.get("/docs")
    async def read_page() -> Response:
        return HTMLResponse(PAGE, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    @router.get("/docs/start.js")
    async def read_script() -> Response:
        return Response(START, media_type="text/javascript")

    @router.get("/docs/storefront-v1.json")
    async def read_document() -> Response:
        return Response(document(), media_type=JSONResponse.media_type)

    app.include_router(router)
    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="docs-assets")
