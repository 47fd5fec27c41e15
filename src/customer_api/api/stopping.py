"""The announced end of a server process: no request is lost when a deployment replaces it."""

import asyncio
import signal
from types import FrameType
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_IS_STOPPING: Final = "customer_api.is_stopping"


class AnnouncedStop:
    """Pure ASGI, outermost: puts a delay between SIGTERM and the server's own stop.

    Meanwhile the process answers as ever, but `/health/ready` says no, so that proxies send nothing
    more, and each answer closes its connection, so that none is idle in a proxy's pool when the
    listening socket closes. More SIGTERMs change nothing: a supervisor may send one to a process and
    to its parent, which sends another. Ctrl-C stops at once.

    Args:
        app: the application within.
        delay_seconds: longer than proxies take to notice; 0 = stop at once.
    """

    def __init__(self, app: ASGIApp, *, delay_seconds: float) -> None:
        self._app = app
        self._delay_seconds = delay_seconds
        self._is_stopping = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; the start of the lifespan is when the server handles signals."""
        if scope["type"] == "lifespan":
            if self._delay_seconds:
                self._delay_signal()
        elif self._is_stopping:
            scope[_IS_STOPPING] = True
            send = _closing(send)
        await self._app(scope, receive, send)

    def _delay_signal(self) -> None:
        stop = signal.getsignal(signal.SIGTERM)
        assert callable(stop)
        loop = asyncio.get_running_loop()

        def announce(number: int, _frame: FrameType | None) -> None:
            self._is_stopping = True
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            loop.call_soon_threadsafe(loop.call_later, self._delay_seconds, stop, number, None)

        signal.signal(signal.SIGTERM, announce)


def is_stopping(scope: Scope) -> bool:
    """Return whether the process that got the request is about to end."""
    return _IS_STOPPING in scope


def _closing(send: Send) -> Send:
    async def close(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = list(message["headers"])  # shared by constant answers
            MutableHeaders(raw=message["headers"])["Connection"] = "close"
        await send(message)

    return close
