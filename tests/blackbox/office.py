"""The back office of a real server, for what customers need from the shop."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from tests.blackbox.server import RunningServer
from tests.order_system import order
from tests.shop import PASSWORD

EMAIL: Final = "root@shop.example"
COPIES: Final = {"firstName": "Copy of a name", "lastName": "Copy", "city": "Copy of a city"}
"""An address as the order system pushed it; it stays."""


class Office:
    """Works for a shop, as an administrator made on the command line."""

    def __init__(
        self, server: RunningServer, directory: Path, environment: Mapping[str, str]
    ) -> None:
        command = ("operator", "create", "--email", EMAIL, "--role", "administrator")
        subprocess.run(
            [sys.executable, "-m", "customer_api", *command, "--password-stdin"],
            cwd=directory,
            env=dict(environment),
            input=PASSWORD,
            text=True,
            check=True,
            capture_output=True,
            timeout=60,
        )
        self._client = httpx.Client(
            base_url=f"{server.url}/back-office/v1", timeout=30, trust_env=False
        )
        login = {"username": EMAIL, "password": PASSWORD}
        token = self._do("POST", "/access-tokens", login)["attributes"]["accessToken"]
        self._client.headers["Authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def add_newsletter(self) -> str:
        """Add a newsletter and return its id."""
        attributes = {"name": "News", "consentText": "Yes."}
        newsletter: str = self._do("POST", "/newsletter-types", attributes)["id"]
        return newsletter

    def push_order(self, reference: str, **changes: Any) -> None:
        """Push an order, of a guest unless `customerReference` is among the changes."""
        attributes = order(billingAddress=COPIES, shippingAddress=COPIES, **changes)
        self._do("PUT", f"/orders/{reference}", attributes)

    def _do(self, method: str, path: str, attributes: Mapping[str, Any]) -> Any:
        document = {"data": {"type": path.split("/")[1], "attributes": dict(attributes)}}
        answer = self._client.request(method, path, json=document)
        assert answer.is_success, answer.text
        return answer.json()["data"]
