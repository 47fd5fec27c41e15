"""Strict JSON: what is read, what is refused, and that nothing else ever escapes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_api.jsonapi.strict_json import MAX_DEPTH, JsonInvalid, parse, serialize

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20
)


@given(values)
def test_written_values_are_read_back(value):
    assert parse(serialize(value)) == value


@given(values)
def test_escaped_text_is_read_like_plain_text(value):
    assert parse(json.dumps(value).encode()) == value


@given(st.binary() | st.text(alphabet='[]{}",:\\u0d8 1e+-tfn.').map(str.encode))
def test_whatever_is_accepted_means_what_the_standard_library_says(body):
    try:
        value = parse(body)
    except JsonInvalid:
        return

    assert value == json.loads(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b'{"a":1}}',
        b'{"a":1} x',
        b"{'a':1}",
        b"[1,]",
        b'"\n"',
        b'"\x00"',
        b'\xef\xbb\xbf{"a":1}',
        '{"a":1}'.encode("utf-16"),
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"1e400",
        b"-1e400",
        b"18446744073709551616",
        b"-9223372036854775809",
        b"1" * 60_000,
    ],
)
def test_what_is_no_plain_json_is_refused(body):
    with pytest.raises(JsonInvalid):
        parse(body)


@pytest.mark.parametrize("body", [b'{"a":1,"a":1}', b'[{"b":{"a":1,"\\u0061":2}}]'])
def test_duplicate_members_are_refused(body):
    with pytest.raises(JsonInvalid, match="duplicate"):
        parse(body)


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\udfff", "\\ude00\\ud83d"])
@pytest.mark.parametrize("shape", ['"{}"', '["a{}"]', '{{"a":{{"b":"{}"}}}}', '{{"{}":1}}'])
def test_nul_and_lone_surrogates_are_refused_anywhere(escape, shape):
    with pytest.raises(JsonInvalid, match="NUL"):
        parse(shape.format(escape).encode())


def test_paired_surrogates_and_escaped_backslashes_are_text():
    assert parse(rb'["\ud83d\ude00", "\\u0000"]') == ["\U0001f600", "\\u0000"]


def test_integers_of_64_bits_are_exact():
    value = parse(b"[18446744073709551615, -9223372036854775808, -0]")

    assert value == [2**64 - 1, -(2**63), 0]


def test_a_float_too_small_for_64_bits_is_zero():
    assert parse(b"1e-400") == 0.0


@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_nesting_ends_at_the_limit(opening, closing):
    deepest = opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH

    assert parse(deepest) is not None
    with pytest.raises(JsonInvalid, match="deeper"):
        parse(opening + deepest + closing)


def test_only_open_brackets_outside_strings_count_as_nesting():
    siblings = [[], {}] * MAX_DEPTH
    text = 'a"\\' + "[{" * MAX_DEPTH

    assert parse(json.dumps([siblings, text]).encode()) == [siblings, text]


@pytest.mark.parametrize("body", [b"[" * 60_000, b'"' + b'\\"' * 30_000 + b"[" * 100])
def test_endless_nesting_and_endless_strings_are_refused(body):
    with pytest.raises(JsonInvalid):
        parse(body)


def test_written_json_is_compact_utf8():
    assert serialize({"b": "ü/", "a": [1, None]}) == '{"b":"ü/","a":[1,null]}'.encode()


def test_numbers_that_are_none_cannot_be_written():
    with pytest.raises(ValueError, match="JSON"):
        serialize(float("nan"))
