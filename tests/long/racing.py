"""Many requests at once against real server processes, for a bounded time."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx
from sqlalchemy import func, select

from customer_api.core.db import Base
from customer_api.customers.models import Units
from tests.blackbox.server import RunningServer
from tests.shop import PASSWORD, registration

PARALLEL: Final = 50
ROUNDS: Final = 200
FEWEST_ROUNDS: Final = 20
"""A slow machine may run out of time before `ROUNDS`, but with fewer than these nothing is shown."""

AT_A_TIME: Final = 20
MAIL_SECONDS: Final = 60.0
_KEY: Final = re.compile(r"\?token=([\w-]+)")


class Racers:
    """Sends requests to servers in turn, each over a connection of its own."""

    def __init__(self, *servers: RunningServer) -> None:
        self._urls = [f"{server.url}/v1" for server in servers]
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        # Whoever waits for a lock of SQLite behind 49 others must not be counted as failed.
        self._client = httpx.AsyncClient(limits=limits, timeout=60, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        server: int = 0,
    ) -> httpx.Response:
        """Send one request; with attributes its body is a document of the path's resource type."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        body = None
        if attributes is not None:
            body = {"data": {"type": path.split("/")[1], "attributes": attributes}}
        url = self._urls[server % len(self._urls)] + path
        return await self._client.request(method, url, json=body, headers=headers)

    async def race(
        self, method: str, path: str, bodies: Sequence[Mapping[str, Any]]
    ) -> list[httpx.Response]:
        """Send a request with each body at the same time, and return the answers in their order."""
        calls = (self.call(method, path, body, server=number) for number, body in enumerate(bodies))
        return await asyncio.gather(*calls)


def address(number: int) -> str:
    """Return the e-mail address of a customer by number."""
    return f"ada{number}@shop.example"


async def register(racers: Racers, count: int, first: int = 0) -> None:
    """Register customers by numbers, a few at a time."""
    await in_portions(
        [
            partial(racers.call, "POST", "/customers", registration(email=address(it)))
            for it in range(first, first + count)
        ]
    )


async def log_in(racers: Racers, number: int, password: str = PASSWORD) -> dict[str, Any]:
    """Log a customer in, and return the attributes of the answer."""
    attributes = {"username": address(number), "password": password}
    answer = await racers.call("POST", "/access-tokens", attributes)
    assert answer.status_code == 201, answer.text
    tokens: dict[str, Any] = answer.json()["data"]["attributes"]
    return tokens


async def in_portions(calls: Sequence[Callable[[], Awaitable[httpx.Response]]]) -> None:
    """Make many calls, a few at a time; all must succeed."""
    for first in range(0, len(calls), AT_A_TIME):
        for answer in await asyncio.gather(*(it() for it in calls[first : first + AT_A_TIME])):
            assert answer.is_success, answer.text


def outcomes(answers: Iterable[httpx.Response]) -> Counter[tuple[int, str | None]]:
    """Return how often each status and code came."""
    return Counter((it.status_code, _code(it)) for it in answers)


async def count_of(units: Units, table: type[Base]) -> int:
    """Return the number of rows of a table."""
    statement = select(func.count()).select_from(table)
    return await units.read(lambda connection: connection.execute(statement).scalar_one())


def rounds(seconds: float, most: int = ROUNDS) -> Iterator[int]:
    """Yield the numbers of rounds until there were enough or the time is over."""
    end = time.monotonic() + seconds
    for number in range(most):
        if time.monotonic() > end:
            break
        yield number


async def mailed_keys(
    servers: Sequence[RunningServer], subject: str, recipients: Collection[str]
) -> dict[str, str]:
    """Wait until each recipient has a mail with a subject, and return the keys by recipient."""
    found: dict[str, str] = {}
    seen: set[Path] = set()
    end = time.monotonic() + MAIL_SECONDS
    while not found.keys() >= set(recipients):
        assert time.monotonic() < end, f"{len(found)} of {len(recipients)} mails came"
        await asyncio.sleep(0.1)
        for path in _mails(servers) - seen:
            seen.add(path)
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            part = message.get_body(("plain",))
            key = _KEY.search(part.get_content()) if part is not None else None
            if message["Subject"] == subject and key is not None:
                found[message["To"]] = key[1]
    return found


def _mails(servers: Sequence[RunningServer]) -> set[Path]:
    return {path for server in servers for path in server.mail_directory.glob("*.eml")}


def _code(answer: httpx.Response) -> str | None:
    code: str | None = None if answer.is_success else answer.json()["errors"][0]["code"]
    return code
