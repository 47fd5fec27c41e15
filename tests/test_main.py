import asyncio
import re

import httpx
import pytest

from customer_api.api.documents import back_office_openapi, error_catalogue, storefront_openapi
from customer_api.bootstrap import build
from customer_api.core.settings import FixedSettings
from customer_api.mail.transport import MemoryTransport
from customer_api.main import create_app
from tests.shop import registration

OPERATIONS = [
    (path, method, operation)
    for path, operations in storefront_openapi()["paths"].items()
    for method, operation in operations.items()
]


def test_document_is_openapi_3_1():
    document = storefront_openapi()

    assert document["openapi"].startswith("3.1.")
    assert document["servers"] == [{"url": "/v1"}]


@pytest.mark.parametrize("make", [storefront_openapi, back_office_openapi])
def test_every_id_in_a_path_is_declared_once(make):
    declared = {
        (path, method): [it["name"] for it in operation.get("parameters", ()) if it["in"] == "path"]
        for path, methods in make()["paths"].items()
        for method, operation in methods.items()
    }

    assert any(declared.values())
    assert declared == {key: re.findall(r"{(\w+)}", key[0]) for key in declared}


@pytest.mark.parametrize(
    ("path", "method", "operation"), OPERATIONS, ids=[f"{m} {p}" for p, m, _ in OPERATIONS]
)
def test_every_operation_documents_its_form(path, method, operation):
    successes = [status for status in operation["responses"] if status.startswith("2")]
    content_types = {
        content_type
        for answer in operation["responses"].values()
        for content_type in answer.get("content", {})
    }

    comes_later = path.startswith(("/wishlists/", "/shopping-lists/"))
    assert len(successes) == (0 if comes_later else 1)
    assert content_types == (
        {"application/json"} if path == "/token" else {"application/vnd.api+json"}
    )
    assert operation["description"]
    assert ("requestBody" in operation) == (method in {"post", "patch"})


def test_body_follows_the_settings():
    document = storefront_openapi(FixedSettings(password_min_length=15, required_fields=()))

    body = document["paths"]["/customers"]["post"]["requestBody"]
    data = body["content"]["application/vnd.api+json"]["schema"]["properties"]["data"]
    attributes = data["properties"]["attributes"]
    assert attributes["properties"]["password"]["minLength"] == 15
    assert attributes["required"] == ["email", "password"]


def test_catalogue_has_each_code_with_one_status():
    rows = error_catalogue()["storefront v1"]

    statuses = {}
    for row in rows:
        statuses.setdefault(row["code"], set()).add(row["status"])
    del statuses[None]
    assert all(len(found) == 1 for found in statuses.values())
    assert {"001", "002", "003", "004", "005", "411", "802", "5900"} <= set(statuses)


@pytest.mark.promise("S129")
async def test_answer_comes_even_when_middleware_fails(shop, monkeypatch):
    monkeypatch.setattr("customer_api.api.origin.Headers", None)

    response = await shop.client.get("/stores", headers={"X-Request-Id": "a-good-request-id"})

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/vnd.api+json"
    assert response.json() == {
        "errors": [
            {
                "status": 500,
                "detail": "Internal Server Error",
                "meta": {"requestId": "a-good-request-id"},
            }
        ]
    }


class Lifespan:
    """A server's side of the ASGI lifespan protocol."""

    def __init__(self, app):
        self._asked = asyncio.Queue()
        self._answered = asyncio.Queue()
        self._task = asyncio.create_task(
            app({"type": "lifespan", "asgi": {}}, self._asked.get, self._answered.put)
        )

    async def __aenter__(self):
        await self._asked.put({"type": "lifespan.startup"})
        assert await self._answered.get() == {"type": "lifespan.startup.complete"}

    async def __aexit__(self, *_):
        await self._asked.put({"type": "lifespan.shutdown"})
        assert await self._answered.get() == {"type": "lifespan.shutdown.complete"}
        await self._task


@pytest.mark.parametrize(("has_worker", "sent"), [(True, 1), (False, 0)])
async def test_server_delivers_mails_itself_when_it_shall(make_settings, has_worker, sent):
    transport = MemoryTransport()
    container = build(make_settings(mail_worker=has_worker), transport=transport)
    app = create_app(container)

    async with Lifespan(app):
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://api.shop.example/v1"
        )
        async with client:
            body = {"data": {"type": "customers", "attributes": registration()}}
            assert (await client.post("/customers", json=body)).status_code == 201
        async with asyncio.timeout(10):
            while len(transport.sent) < sent:  # noqa: ASYNC110 - the transport has no event
                await asyncio.sleep(0)

    assert len(transport.sent) == sent


async def test_a_server_whose_workers_fail_still_closes_its_connections(make_settings, monkeypatch):
    container = build(make_settings(mail_worker=False))
    asked, closed, close = asyncio.Queue(), [], container.hasher.close

    async def fail(stop):
        raise RuntimeError

    async def ignore(message):
        return

    monkeypatch.setattr(container.hash_kinds, "run", fail)
    monkeypatch.setattr(container.hasher, "close", lambda: closed.append(close()))
    await asked.put({"type": "lifespan.startup"})

    with pytest.raises(ExceptionGroup):
        await create_app(container)({"type": "lifespan", "asgi": {}}, asked.get, ignore)

    assert closed == [None]
