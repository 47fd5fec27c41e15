import logging
import uuid

import pytest

from customer_api.observability import request_id
from customer_api.observability.request_id import RequestIds, current_request_id


async def read_ready(shop, **headers):
    return await shop.client.get("/stores", headers=headers)


@pytest.mark.parametrize("given", ["abcdefgh", "0123456789-ABCdef", "x" * 64])
async def test_a_plain_id_of_the_client_is_kept(shop, given):
    answer = await read_ready(shop, **{"X-Request-Id": given})

    assert answer.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize(
    "given", ["", "short", "x" * 65, "with blank inside", "semi;colon", "line%0Abreak", "ä" * 10]
)
async def test_any_other_id_is_replaced(shop, given):
    answer = await read_ready(shop, **{"X-Request-Id": given.encode()})

    assert uuid.UUID(answer.headers["x-request-id"]).version == 4


async def test_every_answer_has_an_id_of_its_own(shop):
    paths = ["/stores", "/nonsense", "/customers", "http://api.shop.example/health/live"]

    answers = [await shop.client.get(path) for path in paths for _ in range(2)]

    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == len(answers)


async def test_a_request_is_logged_without_its_path(shop, caplog):
    ada = await shop.account()

    with caplog.at_level(logging.INFO, "customer_api.observability"):
        caplog.clear()
        await shop.call("GET", f"/customers/{ada.reference}?include=secret", by=ada)

    (record,) = (it for it in caplog.records if it.message == "request")
    assert (record.method, record.status) == ("GET", 200)
    assert record.route.endswith("/customers/{reference}")
    assert record.milliseconds >= 0
    assert ada.reference not in str(vars(record))
    assert "secret" not in str(vars(record))


async def test_a_request_that_meets_no_route_is_logged_too(shop, caplog):
    with caplog.at_level(logging.INFO, "customer_api.observability"):
        await shop.client.get("/nonsense")

    (record,) = (it for it in caplog.records if it.message == "request")
    assert (record.route, record.status) == (None, 404)


async def test_nothing_is_logged_below_the_level(shop, caplog):
    with caplog.at_level(logging.WARNING):
        await shop.client.get("/stores")

    assert caplog.records == []


@pytest.mark.promise("S129")
async def test_a_bug_in_a_route_is_a_500_with_the_id_and_one_line(shop, monkeypatch, caplog):
    async def fail(*_arguments):
        raise RuntimeError("ada@shop.example")

    monkeypatch.setattr(shop.container.tokens, "log_in", fail, raising=True)

    with caplog.at_level(logging.INFO):
        answer = await shop.call(
            "POST",
            "/access-tokens",
            {"username": "ada@shop.example", "password": "x"},
            headers={"X-Request-Id": "0123456789"},
        )

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/vnd.api+json"
    assert answer.json() == {
        "errors": [
            {
                "status": 500,
                "detail": "Internal Server Error",
                "meta": {"requestId": "0123456789"},
            }
        ]
    }
    assert answer.headers["x-content-type-options"] == "nosniff"
    messages = [it.message for it in caplog.records if it.name.startswith("customer_api.")]
    assert messages == ["unexpected_error", "request"]
    assert (await shop.client.get("/stores")).status_code == 200


@pytest.mark.promise("S129")
async def test_a_bug_before_any_route_is_answered_too(shop, monkeypatch, caplog):
    def fail(*_arguments):
        raise RuntimeError("a bug")

    monkeypatch.setattr("customer_api.api.paths.parse_query", fail)

    answer = await shop.client.get("/stores")

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["meta"] == {"requestId": answer.headers["x-request-id"]}
    assert [it.message for it in caplog.records if it.levelno >= logging.ERROR] == [
        "unexpected_error"
    ]


async def test_other_protocols_pass_through():
    seen = []

    async def app(scope, _receive, _send):
        seen.append((scope["type"], current_request_id()))

    await RequestIds(app, failure=pytest.fail, remember=pytest.fail)(
        {"type": "lifespan"}, None, None
    )

    assert seen == [("lifespan", None)]


def test_outside_of_requests_there_is_no_id():
    assert request_id.current_request_id() is None
