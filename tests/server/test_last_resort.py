import asyncio
import json

import pytest

from customer_api.server.last_resort import LastResort

HEADERS = {"X-Content-Type-Options": "nosniff"}


async def ask(app, *, headers=()):
    """Return what is sent for a request, and what was raised."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request"}

    scope = {"type": "http", "headers": list(headers)}
    try:
        await LastResort(app, headers=HEADERS)(scope, receive, send)
    except BaseException as error:  # noqa: BLE001 - returned to the test
        return sent, type(error)
    return sent, None


@pytest.mark.promise("S123", "S129")
@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (RuntimeError, 500, "Internal Server Error"),
        (asyncio.CancelledError, 503, "Service Unavailable"),
    ],
)
async def test_a_request_that_fails_has_an_answer_in_our_form(error, status, detail):
    async def fail(_scope, _receive, _send):
        raise error

    (start, body), raised = await ask(fail)

    headers = dict(start["headers"])
    assert raised is error
    assert start["status"] == status
    assert json.loads(body["body"]) == {"errors": [{"status": status, "detail": detail}]}
    assert headers[b"content-type"] == b"application/vnd.api+json"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"connection"] == b"close"
    assert (b"retry-after" in headers) == (status == 503)


async def test_an_answer_that_has_begun_is_left_alone():
    async def fail_late(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    sent, raised = await ask(fail_late)

    assert raised is RuntimeError
    assert [message["status"] for message in sent] == [200]


@pytest.mark.parametrize(("reads", "closes"), [(False, True), (True, False)])
async def test_an_answer_instead_of_100_continue_ends_the_connection(reads, closes):
    async def answer(_scope, receive, send):
        if reads:
            await receive()
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body"})

    (start, _), _ = await ask(answer, headers=[(b"expect", b"100-continue")])

    assert ((b"connection", b"close") in start["headers"]) == closes


async def test_other_protocols_pass_through():
    seen = []

    async def app(scope, _receive, _send):
        seen.append(scope)

    await LastResort(app, headers={})({"type": "lifespan"}, None, None)

    assert seen == [{"type": "lifespan"}]
