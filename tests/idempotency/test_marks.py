from dataclasses import replace

import pytest

from customer_api.idempotency.marks import Marks, RepeatableRequest

SECRETS = (b"n" * 32, b"o" * 32)


def marks_by(secrets):
    return Marks(lambda: secrets)


REQUEST = RepeatableRequest("DE--1", "POST", "/v1/x", "key", (b"query", b"", b"body"))


def test_the_same_request_has_the_same_mark_for_each_secret():
    marks = marks_by(SECRETS).of(REQUEST)

    assert marks == marks_by(SECRETS).of(REQUEST)
    assert marks == marks_by(SECRETS[:1]).of(REQUEST) + marks_by(SECRETS[1:]).of(REQUEST)
    assert len({marks[0], marks[1]}) == 2


@pytest.mark.parametrize(
    "other",
    [
        replace(REQUEST, caller="DE--2"),
        replace(REQUEST, method="PATCH"),
        replace(REQUEST, path="/v1/y"),
        replace(REQUEST, key="yek"),
        replace(REQUEST, caller="DE--1POST", method=""),
        replace(REQUEST, path="/v1/xk", key="ey"),
    ],
)
def test_another_caller_route_or_key_has_another_scope(other):
    (mark,), (mine,) = marks_by(SECRETS[:1]).of(other), marks_by(SECRETS[:1]).of(REQUEST)

    assert mark.scope != mine.scope
    assert mark.fingerprint == mine.fingerprint


@pytest.mark.parametrize(
    "content", [(b"query", b"", b"ydob"), (b"", b"query", b"body"), (b"querybody", b"", b"")]
)
def test_another_content_has_another_fingerprint(content):
    other = replace(REQUEST, content=content)

    (mark,), (mine,) = marks_by(SECRETS[:1]).of(other), marks_by(SECRETS[:1]).of(REQUEST)

    assert mark.scope == mine.scope
    assert mark.fingerprint != mine.fingerprint


def test_nothing_of_a_request_is_in_its_mark():
    (mark,) = marks_by(SECRETS[:1]).of(REQUEST)

    assert len(mark.scope) == len(mark.fingerprint) == 32
    assert b"body" not in mark.scope + mark.fingerprint


def test_a_path_with_a_lone_surrogate_has_a_mark():
    assert marks_by(SECRETS[:1]).of(replace(REQUEST, path="/v1/\udcff"))
