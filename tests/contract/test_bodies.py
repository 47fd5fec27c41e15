"""Bodies: the envelope, and JSON read without goodwill."""

import json

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.shop import only_error, registration

rule = pytest.mark.contract
INVALID = (400, None, "Post data is invalid.")
WRONG_TYPE = (400, None, "Invalid type.")
LONG = "x" * 70_000


def login(**data):
    attributes = {"username": "nobody@shop.example", "password": "x"}
    return {"data": {"type": "access-tokens", "attributes": attributes} | data}


def raw(attributes):
    """A login whose attributes are a piece of JSON text."""
    return f'{{"data":{{"type":"access-tokens","attributes":{attributes}}}}}'.encode()


async def send(shop, content, **headers):
    return await shop.client.post("/access-tokens", content=content, headers=headers)


@pytest.mark.promise("S70")
@ONE_DATABASE
@rule("body-1")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/json"},
        {"content-type": "application/vnd.api+json"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=utf-7"},
        {"content-type": 'application/vnd.api+json; ext="https://jsonapi.org/ext/atomic"'},
        {"content-type": ""},
        {"content-type": "nonsense", "accept": "nonsense"},
        {"accept": "application/json"},
        {"accept": "text/html"},
        {"accept": "*/*"},
        {"content-encoding": "identity"},
    ],
)
async def test_any_media_type_will_do(shop, headers):
    response = await send(shop, json.dumps(login()).encode(), **headers)

    assert only_error(response) == (401, "003", "Failed to authenticate user.")


@rule("body-2", "val-3")
async def test_ids_and_unknown_members_are_ignored(shop):
    body = {
        "data": {
            "type": "customers",
            "id": "DE--666",
            "attributes": registration(customer_reference="x", country="y", id=5, createdAt={}),
            "include": "",
            "salutation": "Dr",
        },
        "meta": [],
    }

    response = await shop.client.post("/customers", json=body)

    assert response.status_code == 201
    assert response.json()["data"]["id"] != "DE--666"
    assert response.json()["data"]["attributes"]["salutation"] == "Ms"


@ONE_DATABASE
@rule("body-3", "check-3")
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'"data"',
        b"{}",
        b"username=a&password=b",
        b'{"data":null}',
        b'{"data":{}}',
        b'{"data":[]}',
        b'{"data":"access-tokens"}',
        b'{"data":{"attributes":{}}}',
        b'{"data":{"type":null,"attributes":{}}}',
        json.dumps(login()).encode() + b"x",
    ],
)
async def test_what_is_no_envelope_is_invalid(shop, content):
    response = await send(shop, content)

    assert only_error(response) == INVALID


@ONE_DATABASE
@rule("body-4", "check-3", "check-4")
@pytest.mark.parametrize(
    "value", ["", "access-token", "Access-Tokens", "customers", 5, [], False, {}]
)
@pytest.mark.parametrize("rest", [{}, {"attributes": None}])
async def test_another_type_than_that_of_the_path_is_refused(shop, value, rest):
    response = await send(shop, json.dumps(login(type=value, **rest)).encode())

    assert only_error(response) == WRONG_TYPE


@ONE_DATABASE
@rule("body-5", "check-4")
@pytest.mark.parametrize("attributes", ["null", "[]", "5", '"x"', "false"])
async def test_attributes_that_are_no_object_are_invalid(shop, attributes):
    response = await send(shop, raw(attributes))

    assert only_error(response) == INVALID


@ONE_DATABASE
@rule("body-5", "check-4")
async def test_attributes_that_are_absent_are_invalid(shop):
    response = await send(shop, b'{"data":{"type":"access-tokens"}}')

    assert only_error(response) == INVALID


@ONE_DATABASE
@rule("body-6")
async def test_empty_attributes_go_on_to_the_rules_of_fields(shop):
    response = await send(shop, raw("{}"))

    assert [error["code"] for error in response.json()["errors"]] == ["901", "901"]


async def chunks():
    while True:  # the server stops asking
        yield b" " * 1024


@pytest.mark.promise("S71")
@ONE_DATABASE
@rule("body-7")
@pytest.mark.parametrize("make", [LONG.encode, chunks], ids=["announced", "chunked"])
async def test_a_body_over_64_kib_is_too_large(shop, make):
    response = await send(shop, make())

    assert only_error(response) == (413, None, "Content Too Large")


@ONE_DATABASE
@rule("body-7")
async def test_a_body_of_64_kib_is_read(shop):
    content = json.dumps(login()).encode().ljust(64 * 1024)

    response = await send(shop, content)

    assert response.status_code == 401


@pytest.mark.promise("S71")
@ONE_DATABASE
@rule("body-8")
@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
async def test_encoded_bodies_are_not_taken(shop, encoding):
    response = await send(shop, json.dumps(login()).encode(), **{"content-encoding": encoding})

    assert only_error(response) == (415, None, "Unsupported Media Type")


HOSTILE = [
    pytest.param(content, marks=rule(name), id=f"{name}-{number}")
    for name, contents in {
        "json-1": [
            raw('{"username":"a@b.example","username":"c@d.example","password":"x"}'),
            b'{"data":{"type":"access-tokens","type":"access-tokens","attributes":{}}}',
            b'{"data":{},"data":{}}',
            raw('{"username":{"x":{"y":1,"y":2}}}'),
        ],
        "json-2": [raw('{"x":NaN}'), raw('{"x":Infinity}'), raw('{"x":-Infinity}')],
        "json-3": [
            raw('{"x":18446744073709551616}'),
            raw('{"x":-9223372036854775809}'),
            raw('{"x":1e400}'),
            raw('{"x":' + "9" * 5000 + "}"),
        ],
        "json-4": [raw('{"x":' + "[" * 40 + "]" * 40 + "}"), b"[" * 60_000, b'{"a":' * 12_000],
        "json-5": [
            raw('{"x":"\\ud800"}'),
            raw('{"x":"\\udc00\\ud800"}'),
            raw('{"x":"a\\u0000b"}'),
            raw('{"\\u0000":1}'),
            raw('{"\\udfff":1}'),
            raw('{"x":"a\x00b"}'),
        ],
        "json-6": [
            b"\xff",
            raw('{"x":"')[:-2] + b"\xc3\x28",
            json.dumps(login()).encode("utf-16"),
            b"\xef\xbb\xbf" + json.dumps(login()).encode(),
        ],
    }.items()
    for number, content in enumerate(contents)
]


@pytest.mark.promise("S63", "S64", "S66", "S67", "S69")
@ONE_DATABASE
@rule("json-7")
@pytest.mark.parametrize("content", HOSTILE)
async def test_json_that_no_honest_client_sends_is_invalid(shop, content):
    response = await send(shop, content)

    assert only_error(response) == INVALID


@pytest.mark.promise("S64")
@ONE_DATABASE
@rule("json-4", "json-3")
async def test_json_up_to_the_limits_is_read(shop):
    nested = "[" * 29 + "]" * 29
    content = raw(
        f'{{"x":{nested},"y":[9223372036854775807,-9223372036854775808,1e308,"\\ud83d\\ude00"]}}'
    )

    response = await send(shop, content)

    assert response.status_code == 422


@rule("json-7", "error-3")
@pytest.mark.parametrize("change", ["\\u0000", "\\ud800"])
async def test_a_refused_body_changes_nothing(shop, change):
    account = await shop.account()
    body = f'{{"data":{{"type":"customers","attributes":{{"firstName":"x{change}","lastName":"Changed"}}}}}}'

    response = await shop.client.patch(
        f"/customers/{account.reference}", content=body.encode(), headers=account.headers
    )

    profile = await shop.call("GET", f"/customers/{account.reference}", by=account)
    assert only_error(response) == INVALID
    assert profile.json()["data"]["attributes"]["lastName"] == "Example"
