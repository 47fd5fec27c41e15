"""A load balancer for tests: sends each connection to a server that says it is ready."""

import asyncio
from contextlib import asynccontextmanager, suppress

import httpx

LOOK_EVERY_SECONDS = 0.2
CHUNK_BYTES = 65_536


class Balancer:
    """Passes connections to ready servers in turn, as a proxy with health checks does.

    A server that refuses the connection is passed over; nothing is ever sent twice.
    """

    def __init__(self):
        self.urls = []
        self._ready = []
        self._turn = 0
        self._tasks = set()
        self.url = ""

    @asynccontextmanager
    async def running(self):
        """Serve on a free port until the block ends."""
        server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        looking = asyncio.create_task(self._look())
        try:
            yield self
        finally:
            server.close()
            tasks = [looking, *self._tasks]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def wait_until_ready(self, url):
        """Return when requests go to that server."""
        async with asyncio.timeout(60):
            while url not in self._ready:  # noqa: ASYNC110 - a list has no event
                await asyncio.sleep(0.05)

    async def _look(self):
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while True:
                self._ready = [url for url in list(self.urls) if await _is_ready(client, url)]
                await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def _pass(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        writers = [writer]
        try:
            pair = await self._connect()
            if pair is not None:
                target, to_target = pair
                writers.append(to_target)
                asking = asyncio.create_task(_pump(reader, to_target))
                await _pump(target, writer)
                asking.cancel()
        finally:
            for it in writers:
                it.close()
            self._tasks.discard(asyncio.current_task())

    async def _connect(self):
        for _ in self._ready:
            self._turn += 1
            host, port = (
                self._ready[self._turn % len(self._ready)].removeprefix("http://").split(":")
            )
            with suppress(ConnectionRefusedError):
                return await asyncio.open_connection(host, int(port))
        return None


async def _is_ready(client, url):
    try:
        return (await client.get(f"{url}/health/ready")).status_code == 200
    except httpx.TransportError:
        return False


async def _pump(source, sink):
    with suppress(ConnectionError):
        while content := await source.read(CHUNK_BYTES):
            sink.write(content)
            await sink.drain()
        sink.write_eof()
