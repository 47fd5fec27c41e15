"""A counter server for tests, on a free port; it speaks the protocol of Redis and Valkey."""

from threading import Thread
from types import TracebackType
from typing import Self

from fakeredis import TcpFakeServer
from limits.storage import RedisStorage
from valkey import from_url


class RedisServer:
    """A server that can be stopped, and started again at the same port with nothing counted."""

    def __init__(self) -> None:
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, or did before it was stopped."""
        return f"redis://127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Listen."""
        self._server = TcpFakeServer(("127.0.0.1", self._port), server_type="valkey")
        self._port = self._server.server_address[1]
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        # After an answer that is an error this server ends the connection, which a real one does not:
        # so it must not say that it does not know the script yet.
        with from_url(self.url) as client:
            client.script_load(RedisStorage.SCRIPT_INCR_EXPIRE)

    def stop(self) -> None:
        """Listen no more, and close the connections that are open."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
