"""Hostile bodies on every route that reads one; the routes are read off the application."""

import gzip
import random

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.hostile.corpus import CANARY, NO_ENVELOPE, NOT_JSON, READABLE
from tests.hostile.mutation import mutants
from tests.hostile.operations import WITH_BODY, WITH_DOCUMENT

MUTANTS = 60
ENCODINGS = ["gzip", "deflate", "br", "zstd", "identity, gzip", "gzip, gzip", "x" * 900]
BOMB = gzip.compress(bytes(10_000_000))
INVALID = {"Post data is invalid.", "Invalid type."}

promise = pytest.mark.promise
documents = pytest.mark.parametrize("operation", WITH_DOCUMENT, ids=str)
bodies = pytest.mark.parametrize("operation", WITH_BODY, ids=str)


def of_type(body, operation):
    return body.replace(b"TYPE", operation.resource_type.encode())


@ONE_DATABASE
@promise("G1", "S63", "S64", "S66", "S67", "S69", "S72")
@documents
async def test_what_is_no_document_is_400(hostile, operation):
    for name, body in (NOT_JSON | NO_ENVELOPE).items():
        answer = await hostile.send(
            operation.method, operation.target(), body=of_type(body, operation)
        )

        assert (answer.status, answer.detail in INVALID) == (400, True), name


@ONE_DATABASE
@promise("G1", "S64")
@documents
async def test_odd_documents_are_read(hostile, operation):
    for name, body in READABLE.items():
        answer = await hostile.send(
            operation.method, operation.target(), body=of_type(body, operation)
        )

        assert answer.detail not in INVALID, name


@ONE_DATABASE
@promise("G1", "S71")
@bodies
async def test_encoded_bodies_are_415(hostile, operation):
    for encoding in ENCODINGS:
        headers = [("content-encoding", encoding)]
        answer = await hostile.send(
            operation.method, operation.target(), body=BOMB, headers=headers
        )

        assert answer.status == 415, encoding


@ONE_DATABASE
@promise("G1", "S71")
@bodies
async def test_a_byte_more_than_64_kib_is_413(hostile, operation):
    body = f'{{"data":"{CANARY}"}}'.encode().ljust(64 * 1024 + 1)

    answer = await hostile.send(operation.method, operation.target(), body=body)

    assert answer.status == 413


@ONE_DATABASE
@promise("G1", "S63", "S66", "S67", "S69")
@pytest.mark.parametrize("target", ["/v1/token", "/token"])
async def test_a_hostile_form_is_400(hostile, target):
    forms = {
        "twice": "grant_type=password&grant_type=password",
        "NUL": f"grant_type=password&username=%00&password={CANARY}",
        "not UTF-8": f"grant_type=password&username=%ff&password={CANARY}",
        "surrogate": f"grant_type=password&username=%ed%a0%80&password={CANARY}",
        "many": "&".join(f"a{number}=1" for number in range(51)),
        "no grant": f"password={CANARY}",
        "odd grant": f"grant_type={CANARY}",
    }
    bodies = NOT_JSON | {name: form.encode() for name, form in forms.items()}
    for name, body in bodies.items():
        answer = await hostile.send("POST", target, body=body)

        assert answer.status == 400, name


@ONE_DATABASE
@promise("G1", "S72")
@bodies
async def test_bodies_with_broken_bytes_are_answered(hostile, operation):
    chosen = random.Random(str(operation))  # noqa: S311 - the same bodies at every run
    for body in mutants(operation, chosen, MUTANTS):
        await hostile.send(operation.method, operation.target(), body=body)
