"""Health of the process and of what it needs."""

import asyncio
from typing import Final

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from customer_api.api.deps import ContainerDep
from customer_api.api.stopping import is_stopping
from customer_api.core.errors import DatabaseUnavailable
from customer_api.core.schema import current_revision, is_known

READY_TIMEOUT_SECONDS: Final = 5.0

router: Final = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def is_alive() -> Response:
    """Return 200 as long as the event loop turns."""
    return JSONResponse({"status": "ok"})


@router.get("/health/ready")
async def is_ready(request: Request, container: ContainerDep) -> Response:
    """Return 200 when the database answers and has this program's schema or a later one, else 503.

    A later one, because migrations run before the processes are replaced. A process that is about to
    end is not ready either.
    """
    if is_stopping(request.scope):
        return _not_ready("stopping")
    try:
        async with asyncio.timeout(READY_TIMEOUT_SECONDS):
            revision = await container.units.read(current_revision)
    except (DatabaseUnavailable, SQLAlchemyError, TimeoutError):
        return _not_ready("database unavailable")
    if revision != container.schema_revision and (revision is None or is_known(revision)):
        return _not_ready("database schema does not fit; run customer-api migrate")
    return JSONResponse({"status": "ok"})


def _not_ready(reason: str) -> Response:
    return JSONResponse(
        {"status": "unavailable", "reason": reason}, status_code=503, headers={"Retry-After": "1"}
    )
