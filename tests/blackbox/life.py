"""The life of one customer on a real server, with a canary in everything that can be typed.

The texts are those of no other test, because the log of the PostgreSQL server is shared by all.
"""

import json
import re
import time
from collections.abc import Mapping
from email import message_from_bytes, policy
from typing import Any, Final, Self

import httpx

from tests.blackbox.office import Office
from tests.blackbox.server import RunningServer
from tests.shop import address, registration

DEADLINE_SECONDS: Final = 30
ALSO_HOSTILE: Final = '\x1b[31m"}\r\n{"event": "forged"}'

EMAIL: Final = "Axolotl.Quetzal@axolotl-shop.example"
NEW_EMAIL: Final = "axolotl.xochitl@axolotl-shop.example"
PASSWORD: Final = "Axolotl-Passw0rd-1!"
NEW_PASSWORD: Final = "Axolotl-Passw0rd-2!"
LAST_PASSWORD: Final = "Axolotl-Passw0rd-3!"
DEVICE: Final = "axolotl-device/1.0"
CHANNEL: Final = "axolotl-channel"
IDEMPOTENCY_KEY: Final = "axolotl-idempotency-key-0001"
PERSON: Final = {
    "firstName": "Axolotlfirst",
    "lastName": "Axolotllast Äöü",
    "phone": f"axolotl-phone{ALSO_HOSTILE}",
    "dateOfBirth": "1903-04-05",
}
ADDRESS: Final = {
    "firstName": "axolotl address first",
    "lastName": "axolotl address last",
    "address1": "axolotl street",
    "address2": "axolotl number",
    "address3": f"axolotl floor{ALSO_HOSTILE}",
    "zipCode": "axolotl-zip",
    "city": "axolotl city",
    "company": "axolotl company",
    "phone": "axolotl address phone",
    "comment": "axolotl comment",
}


class Life:
    """Does everything that a customer can do; remembers what was typed and what was answered."""

    def __init__(self, server: RunningServer) -> None:
        self._server = server
        self._client = httpx.Client(
            base_url=f"{server.url}/v1", headers={"User-Agent": DEVICE}, timeout=30, trust_env=False
        )
        self.answers: list[httpx.Response] = []
        self.secrets: list[str] = [PASSWORD, NEW_PASSWORD, LAST_PASSWORD]
        """Passwords, tokens and keys so far."""
        self.reference = ""
        self._headers: dict[str, str] = {}
        self._refresh_token = ""
        self._seen: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._client.close()

    @property
    def personal(self) -> list[str]:
        """Everything about the person."""
        texts = [*PERSON.values(), *ADDRESS.values()]
        return [EMAIL, NEW_EMAIL, DEVICE, CHANNEL, IDEMPOTENCY_KEY, *texts]

    def call(
        self,
        method: str,
        path: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """Send a request as the customer, if there is a session."""
        if attributes is not None:
            segments = path.strip("/").split("/")
            resource_type = segments[(len(segments) - 1) // 2 * 2]
            document = {"data": {"type": resource_type, "attributes": attributes}}
            content = json.dumps(document).encode()
        sent = {**self._headers, **(headers or {})}
        answer = self._client.request(method, path, content=content, headers=sent)
        self.answers.append(answer)
        return answer

    def do(self, status: int, method: str, path: str, *rest: Any, **options: Any) -> httpx.Response:
        """Send a request that must be answered with this status."""
        answer = self.call(method, path, *rest, **options)
        assert answer.status_code == status, (method, path, answer.text)
        return answer

    def begin(self) -> None:
        """Register, confirm, log in, and fill the address book."""
        person = registration(email=EMAIL, password=PASSWORD, confirmPassword=PASSWORD, **PERSON)
        created = self.do(
            201, "POST", "/customers", person, headers={"Idempotency-Key": IDEMPOTENCY_KEY}
        )
        self.reference = created.json()["data"]["id"]
        self.do(204, "POST", "/customer-confirmation", {"registrationKey": self.mailed_key()})
        self.log_in(EMAIL, PASSWORD)
        self._use_addresses()

    def live(self, office: Office) -> None:
        """Begin, and then use every other feature."""
        self.begin()
        self._use_passwords()
        self._use_newsletters(office.add_newsletter())
        self._use_email_change()
        self._use_sessions()
        self.log_in(NEW_EMAIL, LAST_PASSWORD)
        self._use_orders(office)
        exported = self.do(200, "GET", f"/customers/{self.reference}/personal-data")
        assert exported.json()["data"]["attributes"]["customers"][0]["email"] == NEW_EMAIL

    def die(self) -> None:
        """Delete the account, and wait until the last mail has left."""
        before = len(self._mails())
        self.do(204, "DELETE", f"/customers/{self.reference}")
        self._wait_for(lambda: len(self._mails()) > before)

    def log_in(self, email: str, password: str) -> None:
        """Start a session and act in it from now on."""
        login = {"username": email, "password": password}
        tokens = self.do(201, "POST", "/access-tokens", login).json()["data"]["attributes"]
        self._take(tokens)

    def mailed_key(self) -> str:
        """Wait for a mail with a key that was not seen before, and return the key."""
        (key,) = self._wait_for(lambda: self._keys() - self._seen)
        self._seen.add(key)
        self.secrets.append(key)
        return key

    def _use_addresses(self) -> None:
        book = f"/customers/{self.reference}/addresses"
        for _ in range(2):
            added = self.do(201, "POST", book, address(**ADDRESS))
        path = f"{book}/{added.json()['data']['id']}"
        self.do(200, "PATCH", path, {"company": "axolotl company", "isDefaultBilling": True})
        self.do(204, "DELETE", path)
        self.do(200, "PATCH", f"/customers/{self.reference}", {"phone": PERSON["phone"]})
        self.do(200, "GET", f"/customers/{self.reference}?include=addresses")

    def _use_passwords(self) -> None:
        change = {
            "password": PASSWORD,
            "newPassword": NEW_PASSWORD,
            "confirmPassword": NEW_PASSWORD,
        }
        self.do(204, "PATCH", f"/customer-password/{self.reference}", change)
        self.mailed_key()
        self.do(204, "POST", "/customer-forgotten-password", {"email": EMAIL.upper()})
        restore = {
            "restorePasswordKey": self.mailed_key(),
            "password": LAST_PASSWORD,
            "confirmPassword": LAST_PASSWORD,
        }
        self.do(204, "PATCH", "/customer-restore-password/any", restore)
        self.mailed_key()
        self.log_in(EMAIL, LAST_PASSWORD)

    def _use_email_change(self) -> None:
        self.do(200, "PATCH", f"/customers/{self.reference}", {"email": NEW_EMAIL})
        confirm = {"key": self.mailed_key(), "password": LAST_PASSWORD}
        self.do(204, "POST", "/customer-email-confirmation", confirm)
        self.mailed_key()
        self.log_in(NEW_EMAIL, LAST_PASSWORD)

    def _use_newsletters(self, newsletter: str) -> None:
        wish = {"newsletterType": newsletter, "channel": CHANNEL}
        self.do(202, "POST", "/newsletter-subscriptions", {"email": EMAIL, **wish})
        self.do(204, "POST", "/newsletter-confirmation", {"key": self.mailed_key()})
        self.mailed_key()  # which ends the subscription
        path = f"/customers/{self.reference}/newsletter-subscriptions"
        answer = self.do(201, "POST", path, wish).json()["data"]["attributes"]
        assert answer["state"] == "subscribed"

    def _use_orders(self, office: Office) -> None:
        office.push_order("DE--own", customerReference=self.reference)
        office.push_order("DE--guest", guestEmail=NEW_EMAIL)
        claimed = self.do(201, "POST", f"/customers/{self.reference}/order-claims", {})
        assert claimed.json()["data"]["attributes"]["orderReferences"] == ["DE--guest"]
        office.push_order("DE--unclaimed", guestEmail=NEW_EMAIL)
        self.do(201, "POST", "/orders/DE--own/reorders", {})
        overview = self.do(200, "GET", f"/customers/{self.reference}/overview").json()
        shown = overview["data"]["attributes"]
        assert [it["state"] for it in shown["newsletters"]] == ["subscribed"]
        assert len(shown["lastOrders"]) == 2

    def _use_sessions(self) -> None:
        refresh = {"refreshToken": self._refresh_token}
        pair = self.do(201, "POST", "/refresh-tokens", refresh)
        self._take(pair.json()["data"]["attributes"])
        sessions = self.do(200, "GET", "/sessions").json()["data"]
        assert sessions[0]["attributes"]["device"] == DEVICE
        self.do(204, "DELETE", f"/refresh-tokens/{self._refresh_token}")

    def _take(self, tokens: Mapping[str, str]) -> None:
        self._refresh_token = tokens["refreshToken"]
        self._headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
        self.secrets += [tokens["refreshToken"], tokens["accessToken"].rpartition(".")[2]]

    def _mails(self) -> list[Any]:
        paths = sorted(self._server.mail_directory.glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]

    def _keys(self) -> set[str]:
        texts = [mail.get_body(("plain",)).get_content() for mail in self._mails()]
        return {key for text in texts for key in re.findall(r"\?token=([\w-]+)", text)}

    @staticmethod
    def _wait_for(condition: Any) -> Any:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not (result := condition()):
            assert time.monotonic() < deadline, "waited too long"
            time.sleep(0.05)
        return result
