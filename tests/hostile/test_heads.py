"""Hostile paths, queries and header fields on every operation."""

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.hostile.corpus import HEADERS, IDS, ODD_QUERIES, REFUSED_QUERIES
from tests.hostile.mutation import good_body
from tests.hostile.operations import ALL, WITH_ID
from tests.shop import registration

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "X"]
OTHER_PATHS = (
    ["/", "", "*", "//", "/v1", "/v1//", "/v2/customers", "/v1/customers/1/2/3/4/5", "/docs/../x"]
    + ["/health/live", "/health/ready", "/v1/" + "a/" * 3_000]
    + [f"/{name}" for name in ("metrics", "debug", "openapi.json", "redoc", ".env", ".git/config")]
)

promise = pytest.mark.promise
operations = pytest.mark.parametrize("operation", ALL, ids=str)


@pytest.fixture
async def token(hostile_shop):
    return (await hostile_shop.account()).access_token


@promise("G1", "S66", "S72")
@pytest.mark.parametrize("operation", WITH_ID, ids=str)
async def test_hostile_ids_are_answered(hostile, operation, token):
    body = good_body(operation, {}) if operation.has_body else b""
    for segment in IDS.values():
        for sent in (token, None):
            await hostile.send(operation.method, operation.target(segment), body=body, token=sent)


@ONE_DATABASE
@promise("S66")
@pytest.mark.parametrize("operation", WITH_ID, ids=str)
async def test_a_nul_in_a_path_is_not_found(hostile, operation):
    for name in ("NUL", "NUL inside"):
        answer = await hostile.send(operation.method, operation.target(IDS[name]))

        assert answer.status == 404, name


@ONE_DATABASE
@promise("G1", "S66", "S67", "S72")
@operations
async def test_queries_with_two_readings_are_400(hostile, operation):
    for name, query in REFUSED_QUERIES.items():
        answer = await hostile.send(operation.method, f"{operation.target()}?{query}")

        assert answer.status == 400, name


@ONE_DATABASE
@promise("G1", "S72")
@operations
async def test_odd_queries_are_answered(hostile, operation, token):
    for query in ODD_QUERIES.values():
        target = f"{operation.target()}?{query}"
        await hostile.send(operation.method, target, token=token)


@ONE_DATABASE
@promise("G1", "S70", "S72")
@operations
async def test_hostile_header_fields_are_answered(hostile, operation):
    body = good_body(operation, registration()) if operation.has_body else b""
    for headers in HEADERS.values():
        await hostile.send(operation.method, operation.target(), body=body, headers=headers)


@ONE_DATABASE
@promise("G1", "S123")
async def test_other_paths_and_methods_are_answered(hostile):
    for target in OTHER_PATHS:
        for method in METHODS:
            answer = await hostile.send(method, target)

            assert answer.status in {200, 404, 405}, (method, target)
