"""What stands between uvicorn and the application: no request ends without an answer of ours."""

import asyncio
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from customer_api.server.answers import closing_answer


class LastResort:
    """Pure ASGI, outermost: answers for an application that failed or was cancelled.

    A connection whose client waits for `100 Continue` is ended when the answer comes without it:
    whether the announced body follows is anybody's guess then (RFC 9110, 10.1.1), and guessing
    wrong would read the body as the next request.

    Args:
        app: the application within.
        headers: what every answer carries.
    """

    def __init__(self, app: ASGIApp, *, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; raise again what the application raised, for the server's log."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_started = False
        is_waiting = any(name == b"expect" for name, _ in scope["headers"])

        async def receive_body() -> Message:
            nonlocal is_waiting
            is_waiting = False
            return await receive()

        async def send_answer(message: Message) -> None:
            nonlocal is_started
            is_started = True
            if is_waiting and message["type"] == "http.response.start":
                closing = (b"connection", b"close")
                message = {**message, "headers": [*message["headers"], closing]}
            await send(message)

        try:
            await self._app(scope, receive_body, send_answer)
        except BaseException as error:
            if not is_started:
                await self._answer(error, send)
            raise

    async def _answer(self, error: BaseException, send: Send) -> None:
        is_stopping = isinstance(error, asyncio.CancelledError)  # the time to finish is over
        status = 503 if is_stopping else 500
        headers, body = closing_answer(status, self._headers)
        if is_stopping:
            headers["Retry-After"] = "1"
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})
