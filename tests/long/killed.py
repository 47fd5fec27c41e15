"""Processes that do a flow and are killed at a chosen call of the database."""

import asyncio
import multiprocessing
import os
import signal
from typing import Any, Final

import httpx

from customer_api.bootstrap import build
from customer_api.core.settings import FixedSettings
from customer_api.mail.transport import MemoryTransport
from customer_api.main import create_app
from tests.faults.flows import FLOWS, Prepared
from tests.faults.injection import injected
from tests.faults.sweep import Outcome
from tests.shop import FakeClock, Shop

TIMEOUT_SECONDS: Final = 60.0

_ANSWERED: Final = 0


class Killer:
    """Starts processes, each a copy of one that has loaded the program and has no threads yet."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["customer_api.main", "tests.shop"])

    async def attempt(self, name: str, number: int, email: str, prepared: Prepared) -> Outcome:
        """Do a flow in a process that is killed at the n-th call, if there are so many."""
        reader, writer = self._context.Pipe(duplex=False)
        job = (name, number, email, prepared)
        process = self._context.Process(target=_do, args=(self._settings, job, writer))
        process.start()
        writer.close()
        await asyncio.to_thread(process.join, TIMEOUT_SECONDS)
        assert process.exitcode in {_ANSWERED, -signal.SIGKILL}
        if process.exitcode == _ANSWERED:
            return Outcome(was_hit=False, status=reader.recv())
        return Outcome(was_hit=True, status=None)


def _do(settings: dict[str, Any], job: tuple[str, int, str, Prepared], writer: Any) -> None:
    writer.send(asyncio.run(_answer(settings, *job)))
    os._exit(_ANSWERED)  # without the clean-up of a test process


async def _answer(
    settings: dict[str, Any], name: str, number: int, email: str, prepared: Prepared
) -> int:
    clock, transport = FakeClock(), MemoryTransport()
    container = build(FixedSettings(**settings), clock=clock, transport=transport)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(container)), base_url="http://api.shop.example/v1"
    )
    with injected(_kill, number):
        answer = await FLOWS[name].act(Shop(container, client, clock, transport), email, prepared)
    return answer.status_code


def _kill(_connection: object) -> None:
    """End this process at once, as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)
