import json

import pytest
from starlette.requests import Request

from customer_api.api.body import (
    BODY_LIMIT_BYTES,
    BodyInvalid,
    BodyTooLarge,
    EncodingUnsupported,
    TypeInvalid,
    parse_attributes,
    read_body,
)


def request(*chunks, disconnect=False, **headers):
    """Return a request whose body arrives in chunks."""
    messages = [{"type": "http.request", "body": it, "more_body": True} for it in chunks]
    if disconnect:
        messages.append({"type": "http.disconnect"})
    else:
        messages.append({"type": "http.request", "body": b"", "more_body": False})
    waiting = iter(messages)

    async def receive():
        return next(waiting)

    raw = [(name.replace("_", "-").encode(), it.encode()) for name, it in headers.items()]
    return Request({"type": "http", "method": "POST", "headers": raw}, receive)


async def test_a_body_arrives_in_chunks():
    assert await read_body(request(b"ab", b"", b"c")) == b"abc"


async def test_a_body_of_the_limit_is_read():
    body = b"x" * BODY_LIMIT_BYTES

    assert await read_body(request(body, content_length=str(len(body)))) == body


@pytest.mark.parametrize("announced", ["65537", "999999999", "9" * 5000])
async def test_a_body_announced_as_too_large_is_not_read(announced):
    unread = request(content_length=announced)

    with pytest.raises(BodyTooLarge):
        await read_body(unread)

    assert await unread.body() == b""


@pytest.mark.parametrize("headers", [{}, {"content_length": "1"}, {"content_length": "-1"}])
async def test_a_body_that_grows_too_large_is_refused(headers):
    with pytest.raises(BodyTooLarge):
        await read_body(request(b"x" * BODY_LIMIT_BYTES, b"x", **headers))


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "deflate"])
async def test_encoded_bodies_are_refused(encoding):
    with pytest.raises(EncodingUnsupported):
        await read_body(request(b"{}", content_encoding=encoding))


@pytest.mark.parametrize("encoding", ["", "identity", "Identity"])
async def test_the_identity_is_no_encoding(encoding):
    assert await read_body(request(b"{}", content_encoding=encoding)) == b"{}"


async def test_a_client_that_hangs_up_has_sent_no_valid_body():
    with pytest.raises(BodyInvalid):
        await read_body(request(b'{"data"', disconnect=True))


def test_attributes_are_found_in_the_envelope():
    document = {"data": {"type": "x", "id": 7, "attributes": {"a": 1}, "include": ""}, "meta": 1}

    assert parse_attributes(json.dumps(document).encode(), "x") == {"a": 1}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "1",
        '"data"',
        "{}",
        '{"data": null}',
        '{"data": []}',
        '{"data": {"attributes": {}}}',
        '{"data": {"type": null, "attributes": {}}}',
        '{"data": {"type": "x"}}',
        '{"data": {"type": "x", "attributes": null}}',
        '{"data": {"type": "x", "attributes": []}}',
        '{"data": {"type": "x", "attributes": "a"}}',
        '{"data": {"type": "x", "attributes": {"a": NaN}}}',
        '{"data": {"type": "x", "attributes": {"a": 1, "a": 2}}}',
    ],
)
def test_anything_else_is_invalid(body):
    with pytest.raises(BodyInvalid):
        parse_attributes(body.encode(), "x")


@pytest.mark.parametrize("sent", ['""', '"y"', "1", "true", "{}", "[]", '"X"'])
def test_another_type_is_told_before_missing_attributes(sent):
    with pytest.raises(TypeInvalid):
        parse_attributes(f'{{"data": {{"type": {sent}}}}}'.encode(), "x")
