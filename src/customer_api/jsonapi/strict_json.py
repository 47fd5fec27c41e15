"""JSON read without goodwill and written without blanks.

What is refused here would otherwise be read differently by different programs (duplicate members,
NaN), or break something further in (lone surrogates, NUL, huge numbers, deep nesting).
"""

import json
import math
import re
from typing import Final, NoReturn

from customer_api.core.errors import AppError

MAX_DEPTH: Final = 32
"""Most levels of arrays and objects in each other."""

_SMALLEST_INTEGER: Final = -(2**63)
_LARGEST_INTEGER: Final = 2**64 - 1
_LONGEST_INTEGER: Final = 20  # characters of either bound; `int` is quadratic in longer ones

# A string, also one that never ends, or a bracket. It cannot fail on a quote, hence linear time.
_STRING_OR_BRACKET: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]')
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class JsonInvalid(AppError):
    """A request body is not JSON, or is JSON that no honest client sends."""


def parse(body: bytes) -> object:
    """Return the value of a JSON text (RFC 8259) in UTF-8.

    Integers are between -2^63 and 2^64 - 1, floats finite, strings and member names free of NUL
    and of lone surrogates, objects free of duplicate members.

    Raises:
        JsonInvalid: the text is anything else. Nothing else is ever raised.
    """
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _refuse_depth(body)
    try:
        value: object = _DECODER.decode(body.decode())
    except ValueError as error:
        raise JsonInvalid("not JSON in UTF-8") from error
    if b"\\u" in body:  # UTF-8 has no surrogates and JSON no bare NUL: only escapes can make them
        _refuse_unstorable(value)
    return value


def serialize(value: object) -> bytes:
    """Return a JSON value as compact UTF-8; members keep their order.

    The value consists of what `parse` returns; mappings are dicts.
    """
    return _ENCODER.encode(value).encode()


def _refuse_depth(body: bytes) -> None:
    """Count before parsing: the parser itself recurses and would run out of stack."""
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(body):
        token = match[0]
        if token in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise JsonInvalid(f"nested deeper than {MAX_DEPTH} levels")
        elif token in b"]}":
            depth -= 1


def _refuse_unstorable(value: object) -> None:
    match value:
        case str() if _UNSTORABLE.search(value):
            raise JsonInvalid("a NUL character or a lone surrogate")
        case list():
            for item in value:
                _refuse_unstorable(item)
        case dict():
            for name, item in value.items():
                _refuse_unstorable(name)
                _refuse_unstorable(item)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonInvalid("duplicate members")
    return members


def _integer(digits: str) -> int:
    if len(digits) <= _LONGEST_INTEGER:
        number = int(digits)
        if _SMALLEST_INTEGER <= number <= _LARGEST_INTEGER:
            return number
    raise JsonInvalid("an integer beyond 64 bits")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise JsonInvalid("a number beyond 64 bits")
    return number


def _constant(name: str) -> NoReturn:
    raise JsonInvalid(f"{name} is not JSON")


# Made once: `json.loads` and `json.dumps` build theirs at each call that has options.
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
)
