"""A TCP proxy that misbehaves on demand, in front of a database or a mail server."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

CHUNK_BYTES: Final = 65_536
TIMEOUT_SECONDS: Final = 10.0

_RESET: Final = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: close with RST, not with FIN


class ChaosProxy:
    """Passes bytes between a free loopback port and another one; a `with` block is its life.

    It runs in a thread of its own, so that a test may block. Methods may be called at any time and
    count at once for open and for new connections.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._connections: set[asyncio.Task[None]] = set()
        self._flows = asyncio.Event()
        self._latency_seconds = 0.0
        self._resets = False
        self._cut_after_bytes: int | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._flows.set()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(TIMEOUT_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(TIMEOUT_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(TIMEOUT_SECONDS)
        self._loop.close()

    def heal(self) -> None:
        """Pass everything on again; what a black hole had swallowed goes on, too."""

        def change() -> None:
            self._latency_seconds, self._resets, self._cut_after_bytes = 0.0, False, None
            self._flows.set()

        self._do(change)

    def swallow(self) -> None:
        """Become a black hole: take connections and bytes, and pass nothing on."""
        self._do(self._flows.clear)

    def delay(self, seconds: float) -> None:
        """Hold each piece back for so long."""

        def change() -> None:
            self._latency_seconds = seconds

        self._do(change)

    def reset(self) -> None:
        """Reset all connections, and each new one at once."""

        def change() -> None:
            self._resets = True
            self._hang_up()

        self._do(change)

    def cut_after(self, size_bytes: int) -> None:
        """Reset each new connection once the target has answered with so many bytes."""

        def change() -> None:
            self._cut_after_bytes = size_bytes

        self._do(change)

    def _do(self, change: Callable[[], None]) -> None:
        async def run() -> None:
            change()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(TIMEOUT_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        tasks = list(self._connections)
        self._hang_up()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._server.wait_closed()

    def _hang_up(self) -> None:
        for task in self._connections:
            task.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        writers = [writer]
        try:
            if self._resets:
                raise ConnectionResetError
            target, to_target = await asyncio.open_connection("127.0.0.1", self._target_port)
            writers.append(to_target)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, to_target, None))
                group.create_task(self._pass(target, writer, self._cut_after_bytes))
        except* (OSError, asyncio.CancelledError):  # a side is gone, or we hang up
            for it in writers:
                _reset(it)
        finally:
            for it in writers:
                it.close()
            self._connections.discard(task)

    async def _pass(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, most_bytes: int | None
    ) -> None:
        left = most_bytes
        while content := await source.read(CHUNK_BYTES):
            await asyncio.sleep(self._latency_seconds)
            await self._flows.wait()
            if left is not None:
                content = content[:left]
                left -= len(content)
            sink.write(content)
            await sink.drain()
            if left == 0:
                raise ConnectionResetError
        sink.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
