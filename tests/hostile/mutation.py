"""Bodies that were good before something happened to their bytes."""

import json
from urllib.parse import urlencode

from tests.hostile.corpus import CANARY

PIECES = [
    b"\x00", b"\xff", b"\xed\xa0\x80", b"\\", b'"', b"{", b"}", b"[", b"]", b",", b":", b"null",
    b"NaN", b"1e999", b"-", b"\\ud800", b"\\u0000", b"\xef\xbb\xbf", b"&", b"=", b"%00", b"%ff",
]  # fmt: skip


def mutants(operation, chosen, count):
    """Yield bodies of an operation with one to four changes; `chosen` is the randomness."""
    good = good_body(operation, dict.fromkeys(operation.fields, CANARY))
    for _ in range(count):
        body = bytearray(good)
        for _ in range(chosen.randint(1, 4)):
            _change(body, chosen)
        yield bytes(body)


def good_body(operation, values):
    """Return the body of an operation with these values."""
    if operation.is_form:
        return urlencode({"grant_type": "password"} | values).encode()
    data = {"type": operation.resource_type, "attributes": values}
    return json.dumps({"data": data}).encode()


def _change(body, chosen):
    start = chosen.randrange(len(body) + 1)
    end = min(len(body), start + chosen.randint(0, 8))
    match chosen.randrange(4):
        case 0:
            body[start:end] = chosen.choice(PIECES)
        case 1:
            del body[start:end]
        case 2:
            body[start:start] = body[start:end] * chosen.randint(1, 20)
        case _:
            body[start:end] = chosen.randbytes(end - start)
