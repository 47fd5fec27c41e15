"""A whole shop for tests: the real application on a real database, with a clock and mails to look at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import httpx

from customer_api.audit.models import COMMAND_LINE
from customer_api.bootstrap import Container
from customer_api.mail.transport import MemoryTransport
from customer_api.operators.scopes import Role
from customer_api.operators.service import CreateOperator

PASSWORD = "Corr3ct-Horse!"
OTHER_PASSWORD = "B4ttery-Staple?"
AGENT = "agent@shop.example"
START = datetime(2026, 3, 14, 9, 26, 53, 589793, tzinfo=UTC)


class FakeClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def advance(self, **how_long: float) -> None:
        """Move the clock forward, by the arguments of `timedelta`."""
        self._now += timedelta(**how_long)


@dataclass(frozen=True, slots=True)
class Account:
    """A confirmed customer who is logged in."""

    reference: str
    email: str
    password: str
    access_token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}


class Shop:
    """Drives the application as a storefront does; `client` speaks to `/v1`."""

    def __init__(
        self,
        container: Container,
        client: httpx.AsyncClient,
        clock: FakeClock,
        transport: MemoryTransport,
    ) -> None:
        self.container = container
        self.client = client
        self.clock = clock
        self._transport = transport

    async def call(
        self,
        method: str,
        path: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        by: Account | None = None,
        headers: Mapping[str, str] | None = None,
        base: str = "",
    ) -> httpx.Response:
        """Send a request; with attributes its body is a document of the path's resource type."""
        body = None
        if attributes is not None:
            segments = path.partition("?")[0].strip("/").split("/")
            body = {
                "data": {"type": segments[(len(segments) - 1) // 2 * 2], "attributes": attributes}
            }
        sent = {**(by.headers if by else {}), **(headers or {})}
        return await self.client.request(method, base + path, json=body, headers=sent)

    async def mails(self) -> list[EmailMessage]:
        """Deliver what waits and return all mails so far, oldest first."""
        await self.container.restore_requests.answer()
        while await self.container.mail_worker.run_once():
            pass
        return [message for _, message in self._transport.sent]

    async def mailed_key(self, page: str = "") -> str:
        """Return the key in the newest mail that has one, by default in a link to any page."""
        return (await self.mailed_keys(page))[-1]

    async def mailed_keys(self, page: str = "") -> list[str]:
        """Return the keys in all mails with a link to a page such as `email/undo`, oldest first."""
        texts = [mail_text(message) for message in await self.mails()]
        keys: list[str] = re.findall(rf"{page}\?token=([\w-]+)", "".join(texts))
        return keys

    async def register(self, **changes: Any) -> httpx.Response:
        """Register a customer, by default a valid one; None leaves an attribute out."""
        attributes = registration(**changes)
        return await self.call("POST", "/customers", attributes)

    async def confirm(self, key: str) -> httpx.Response:
        """Confirm a registration."""
        return await self.call("POST", "/customer-confirmation", {"registrationKey": key})

    async def log_in(
        self, email: str = "ada@shop.example", password: str = PASSWORD
    ) -> httpx.Response:
        """Log in."""
        return await self.call("POST", "/access-tokens", {"username": email, "password": password})

    async def restore(self, key: str, password: str = OTHER_PASSWORD) -> httpx.Response:
        """Set a password with a mailed key."""
        attributes = {
            "restorePasswordKey": key,
            "password": password,
            "confirmPassword": password,
        }
        return await self.call("PATCH", "/customer-restore-password/any", attributes)

    async def change_email(self, account: Account, email: str) -> httpx.Response:
        """Ask for another address."""
        path = f"/customers/{account.reference}"
        return await self.call("PATCH", path, {"email": email}, by=account)

    async def confirm_email(self, key: str, password: str = PASSWORD) -> httpx.Response:
        """Apply the change of an address with the key from its mailbox."""
        attributes = {"key": key, "password": password}
        return await self.call("POST", "/customer-email-confirmation", attributes)

    async def move(self, account: Account, email: str, password: str = PASSWORD) -> Account:
        """Give a customer another address and log them in again."""
        assert (await self.change_email(account, email)).status_code == 200
        answer = await self.confirm_email(await self.mailed_key("email/confirm"), password)
        assert answer.status_code == 204, answer.text
        return await self.session(account.reference, email, password)

    async def undo_email(self, key: str) -> httpx.Response:
        """Take the former address back."""
        return await self.call("POST", "/customer-email-undo", {"key": key})

    async def undo_password(self, key: str) -> httpx.Response:
        """Remove a password that somebody else set."""
        return await self.call("POST", "/customer-password-undo", {"key": key})

    async def account(self, email: str = "ada@shop.example", **changes: Any) -> Account:
        """Register, confirm and log in a customer."""
        created = await self.register(email=email, **changes)
        assert created.status_code == 201, created.text
        assert (await self.confirm(await self.mailed_key())).status_code == 204
        return await self.session(created.json()["data"]["id"], email)

    async def session(self, reference: str, email: str, password: str = PASSWORD) -> Account:
        """Log a confirmed customer in."""
        response = await self.log_in(email, password)
        assert response.status_code == 201, response.text
        tokens = response.json()["data"]["attributes"]
        return Account(reference, email, password, tokens["accessToken"], tokens["refreshToken"])

    async def operator(self, email: str, *, is_agent: bool, role: Role = Role.SUPPORT) -> str:
        """Add an operator with the usual password and return their id."""
        command = CreateOperator(email, role, is_agent=is_agent, password=PASSWORD)
        operators = self.container.back_office.operators
        created = await operators.create_by_command_line(COMMAND_LINE, command)
        return created.operator.uuid

    async def log_in_agent(
        self, email: str = AGENT, password: str = PASSWORD, **changes: Any
    ) -> httpx.Response:
        """Log an agent in."""
        attributes = {"username": email, "password": password, **changes}
        return await self.call("POST", "/agent-access-tokens", attributes)

    async def agent(self, email: str = AGENT) -> Account:
        """Add an agent and log them in; the reference is the operator's id."""
        uuid = await self.operator(email, is_agent=True)
        response = await self.log_in_agent(email)
        assert response.status_code == 201, response.text
        tokens = response.json()["data"]["attributes"]
        return Account(uuid, email, PASSWORD, tokens["accessToken"], tokens["refreshToken"])

    async def impersonate(self, account: Account, agent: Account | None = None) -> Account:
        """Let an agent, by default a new one, act as a customer."""
        by = agent or await self.agent(f"agent-of-{account.reference}@shop.example")
        path = "/agent-customer-impersonation-access-tokens"
        response = await self.call("POST", path, {"customerReference": account.reference}, by=by)
        assert response.status_code == 201, response.text
        tokens = response.json()["data"]["attributes"]
        return replace(
            account, access_token=tokens["accessToken"], refresh_token=tokens["refreshToken"]
        )

    async def is_logged_in(self, account: Account) -> bool:
        """Whether the account's access token still works."""
        response = await self.call("GET", f"/customers/{account.reference}", by=account)
        return response.status_code == 200


def registration(**changes: Any) -> dict[str, Any]:
    """Return valid attributes of a registration; None leaves one out."""
    attributes: dict[str, Any] = {
        "email": "ada@shop.example",
        "gender": "Female",
        "salutation": "Ms",
        "firstName": "Ada",
        "lastName": "Example",
        "password": PASSWORD,
        "confirmPassword": PASSWORD,
        "acceptedTerms": True,
    }
    return {name: value for name, value in {**attributes, **changes}.items() if value is not None}


def address(**changes: Any) -> dict[str, Any]:
    """Return valid attributes of an address; None leaves one out."""
    attributes: dict[str, Any] = {
        "salutation": "Ms",
        "firstName": "Ada",
        "lastName": "Example",
        "address1": "Main Street",
        "address2": "1",
        "address3": "Second floor",
        "zipCode": "10115",
        "city": "Berlin",
        "iso2Code": "DE",
        "company": "Example Ltd",
        "phone": "+49 30 123456",
        "isDefaultShipping": False,
        "isDefaultBilling": False,
    }
    return {name: value for name, value in {**attributes, **changes}.items() if value is not None}


def mail_text(message: EmailMessage) -> str:
    """Return the plain text of a mail."""
    part = message.get_body(("plain",))
    assert part is not None
    text: str = part.get_content()
    return text


def details(response: httpx.Response) -> list[str]:
    """Return the details of all errors of an answer, in order."""
    return [error["detail"] for error in response.json()["errors"]]


def only_error(response: httpx.Response) -> tuple[int, str | None, str]:
    """Return status, code and detail of an answer's one error."""
    (error,) = response.json()["errors"]
    assert response.headers["content-type"] == "application/vnd.api+json"
    assert error["status"] == response.status_code
    return response.status_code, error.get("code"), error["detail"]
