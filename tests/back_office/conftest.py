"""The back office of a shop for tests, with callers of each kind."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import pytest

from customer_api.audit.models import COMMAND_LINE, AuditEventRow
from customer_api.operators.clients import CLIENT_CREDENTIALS, CreateClient
from customer_api.operators.scopes import Role, Scope
from customer_api.operators.service import CreateOperator
from tests.shop import PASSWORD, Shop
from tests.tables import rows

BASE = "http://api.shop.example/back-office/v1"
ROOT = "root@shop.example"


class Office:
    """Calls the back office, as an administrator unless somebody else is named."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.token = ""

    async def call(
        self,
        method: str,
        path: str,
        attributes: dict[str, Any] | None = None,
        *,
        token: str | None = None,
        resource_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request; the type of its document is that of the path's last pair."""
        body = None
        if attributes is not None:
            segments = path.partition("?")[0].strip("/").split("/")
            kind = resource_type or segments[(len(segments) - 1) // 2 * 2]
            body = {"data": {"type": kind, "attributes": attributes}}
        bearer = self.token if token is None else token
        sent = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        return await self.shop.client.request(
            method, BASE + path, json=body, headers={**sent, **(headers or {})}
        )

    async def customer(self, email: str = "ada@shop.example", **changes: Any) -> str:
        """Add a customer and return the reference."""
        attributes = {"email": email, "firstName": "Ada", "lastName": "Example", **changes}
        answer = await self.call("POST", "/customers", attributes)
        assert answer.status_code == 201, answer.text
        reference: str = answer.json()["data"]["id"]
        return reference

    async def trail(self, subject: str) -> list[tuple[str, str]]:
        """Return action and fields of the audit events about a subject, the oldest first."""
        events = await rows(self.shop, AuditEventRow)
        return [(it.action, it.fields) for it in events if it.subject == subject]

    async def form(
        self, path: str, *, basic: tuple[str, str] | None = None, **parameters: str
    ) -> httpx.Response:
        """Send a form to an OAuth 2.0 endpoint."""
        return await self.shop.client.post(
            BASE + path, data=parameters, auth=httpx.BasicAuth(*basic) if basic else None
        )

    async def operator(
        self, email: str, role: Role = Role.VIEWER, password: str | None = PASSWORD
    ) -> str:
        """Add an operator and return their id."""
        command = CreateOperator(email, role, password=password)
        created = await self.shop.container.back_office.operators.create_by_command_line(
            COMMAND_LINE, command
        )
        return created.operator.uuid

    async def log_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Log an operator in."""
        attributes = {"username": email, "password": password}
        return await self.call("POST", "/access-tokens", attributes, token="")

    async def token_of(self, email: str) -> str:
        """Return an access token of an operator."""
        answer = await self.log_in(email)
        assert answer.status_code == 201, answer.text
        token: str = answer.json()["data"]["attributes"]["accessToken"]
        return token

    async def client(
        self, *scopes: Scope, grants: tuple[str, ...] = (CLIENT_CREDENTIALS,)
    ) -> tuple[str, str]:
        """Add a client and return its id and secret."""
        command = CreateClient("order system", frozenset(scopes), frozenset(grants))
        clients = self.shop.container.back_office.clients
        created = await clients.create_by_command_line(COMMAND_LINE, command)
        return created.client.uuid, created.secret

    async def client_token(self, client: tuple[str, str], **parameters: str) -> str:
        """Return an access token of a client."""
        answer = await self.form(
            "/token", basic=client, grant_type="client_credentials", **parameters
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token


async def office_of(shop: Shop) -> Office:
    """Return the back office of a shop, with an administrator who is logged in."""
    office = Office(shop)
    await office.operator(ROOT, Role.ADMINISTRATOR)
    office.token = await office.token_of(ROOT)
    return office


@pytest.fixture
def open_office(
    open_shop: Callable[..., Awaitable[Shop]],
) -> Callable[..., Awaitable[Office]]:
    """Open back offices; arguments are settings."""

    async def open_one(**settings: Any) -> Office:
        return await office_of(await open_shop(**settings))

    return open_one


@pytest.fixture
async def office(open_office: Callable[..., Awaitable[Office]]) -> Office:
    """A back office with default settings."""
    return await open_office()
