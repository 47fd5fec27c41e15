"""Answers to requests that no route takes, outside of the storefront, which knows its own paths."""

from starlette.requests import Request
from starlette.responses import Response

from customer_api.api.back_office.deps import PREFIX
from customer_api.api.deps import get_edge
from customer_api.api.responses import no_content, refusal
from customer_api.api.routers import BACK_OFFICE_ROUTERS, routes_of
from customer_api.jsonapi.errors import ErrorObject


async def answer_unrouted(request: Request, error: Exception) -> Response:
    """Answer 404, or 405 with all methods of the path; a preflight of CORS gets them as 204."""
    if getattr(error, "status_code", 404) == 404:  # noqa: PLR2004 - the framework's own
        return refusal([ErrorObject(404, "Not Found")])
    methods = _methods(request.scope["path"])
    if methods and get_edge(request).container.settings.cors_origins:
        methods.add("OPTIONS")
    allow = ", ".join(sorted(methods))
    if request.method == "OPTIONS" and "OPTIONS" in methods:
        answer = no_content()
        answer.headers.update({"Allow": allow, "Access-Control-Allow-Methods": allow})
        return answer
    headers = {"Allow": allow} if methods else getattr(error, "headers", None)
    return refusal([ErrorObject(405, "Method Not Allowed")], headers)


def _methods(path: str) -> set[str]:
    """Return the methods of all routes of a path of the back office; empty for other paths."""
    below = path.removeprefix(PREFIX)
    methods = {
        method
        for route in routes_of(BACK_OFFICE_ROUTERS)
        if below != path and route.path_regex.match(below)
        for method in route.methods or ()
    }
    return methods | {"HEAD"} if "GET" in methods else methods
