"""Customers that write without pause, and remember what they were told."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.shop import PASSWORD, address, registration

TIMEOUT_SECONDS = 30.0


def document(resource_type, attributes):
    return {"data": {"type": resource_type, "attributes": attributes}}


@dataclass
class Customer:
    """A customer who is logged in."""

    reference: str
    headers: dict[str, str]


async def sign_up(client, url, email):
    """Register a customer (without double opt-in) and log in."""
    body = document("customers", registration(email=email))
    created = await client.post(f"{url}/v1/customers", json=body)
    assert created.status_code == 201, created.text
    login = document("access-tokens", {"username": email, "password": PASSWORD})
    tokens = (await client.post(f"{url}/v1/access-tokens", json=login)).json()
    token = tokens["data"]["attributes"]["accessToken"]
    return Customer(created.json()["data"]["id"], {"Authorization": f"Bearer {token}"})


def new_client():
    """A client whose connections are its own and not kept: each request is a new one."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    return httpx.AsyncClient(limits=limits, timeout=TIMEOUT_SECONDS, trust_env=False)


@dataclass
class Load:
    """Adds addresses to customers' books; each has its number as its first line."""

    acknowledged: set[str] = field(default_factory=set)
    """What got a 2xx."""
    statuses: Counter[int] = field(default_factory=Counter)
    without_retry_after: int = 0
    unanswered: int = 0
    """Requests whose connection ended without an answer."""
    last_success_at: float = 0.0
    """In the loop's time."""

    async def add_addresses(
        self, client, choose: Callable[[], str], customer: Customer, stop, pause_seconds=0.0
    ):
        """Add addresses until `stop` is set, to the server that `choose` names at each."""
        number = 0
        while not stop.is_set():
            number += 1
            line = f"{customer.reference} {number}"
            body = document("addresses", address(address1=line))
            url = f"{choose()}/v1/customers/{customer.reference}/addresses"
            try:
                answer = await client.post(url, json=body, headers=customer.headers)
            except httpx.TransportError:
                self.unanswered += 1
                await asyncio.sleep(0.05)
                continue
            self.statuses[answer.status_code] += 1
            if answer.status_code == 201:
                self.acknowledged.add(line)
                self.last_success_at = asyncio.get_running_loop().time()
            else:
                self.without_retry_after += "retry-after" not in answer.headers
                await asyncio.sleep(0.05)
            await asyncio.sleep(pause_seconds)


def workers_of(pid):
    """Return the ids of the server processes that a parent has started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(it) for it in children if b"spawn_main" in _command(it)]


def _command(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
