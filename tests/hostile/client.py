"""Sends to the application, byte for byte, what no library would, and looks at every answer alike."""

import asyncio
import json
from dataclasses import dataclass
from urllib.parse import unquote

from customer_api.api.headers import SECURITY_HEADERS
from tests.hostile.corpus import CANARY

JSON_TYPES = {"application/vnd.api+json", "application/json", "application/jwk-set+json"}


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that has passed the looks that every answer must pass."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self):
        """What the last error says; None without one."""
        errors = json.loads(self.body).get("errors", []) if self.body else []
        return errors[-1]["detail"] if errors else None


class HostileClient:
    """Speaks ASGI as the server does after it has parsed a request."""

    def __init__(self, app):
        self._app = app

    async def send(self, method, target, *, body=b"", headers=(), token=None):
        """Send a request and return its answer, which is well formed whatever was sent.

        `target` is what stands in the request line; `headers` come after `Host`.
        """
        raw_path, _, query = target.partition("?")
        fields = [("host", "localhost"), *headers]
        if token is not None:
            fields.append(("authorization", f"Bearer {token}"))
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw_path),
            "raw_path": raw_path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in fields],
            "client": ("192.0.2.1", 4321),
            "server": ("127.0.0.1", 80),
        }
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        sent = []

        async def receive():
            return waiting.pop() if waiting else await asyncio.Future()

        async def keep(message):
            sent.append(message)

        await self._app(scope, receive, keep)
        return _looked_at(sent, f"{method} {target[:80]}")


def _looked_at(sent, name):
    start, *rest = sent
    headers = {key.decode("latin-1").lower(): it.decode("latin-1") for key, it in start["headers"]}
    answer = Answer(start["status"], headers, b"".join(it.get("body", b"") for it in rest))
    assert answer.status < 500, name
    assert len(headers) == len(start["headers"]), f"{name}: a header twice"
    for header, value in SECURITY_HEADERS.items():
        assert headers[header.lower()] == value, f"{name}: {header}"
    assert headers["x-request-id"], name
    assert headers["content-language"], name
    assert not {"server", "location", "set-cookie"} & set(headers), name
    if answer.body:
        _look_at_body(answer, name)
    else:
        assert answer.status == 204, name
    return answer


def _look_at_body(answer, name):
    assert answer.headers["content-type"] in JSON_TYPES, name
    document = json.loads(answer.body)
    if answer.status < 400:
        return
    assert CANARY.encode() not in answer.body, f"{name}: what was sent came back"
    if answer.headers["content-type"] == "application/vnd.api+json":
        assert set(document) == {"errors"}, name
        assert {error["status"] for error in document["errors"]} == {answer.status}, name
        assert all(error["detail"] for error in document["errors"]), name
    else:
        assert {"error", "error_description"} <= set(document), name
