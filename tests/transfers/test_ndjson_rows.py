import io

import pytest

from customer_api.transfers import ndjson_rows
from customer_api.transfers.ndjson_rows import NdjsonFile
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row


def read(content):
    return list(NdjsonFile(io.BytesIO(content)).rows())


def test_each_line_is_an_object_with_columns_of_its_own():
    rows = read(b'{"a": "1", "b": null}\n{"b": true}')

    assert rows == [Row(1, {"a": "1", "b": None}), Row(2, {"b": True})]


def test_texts_are_as_they_are():
    assert read(b'{"a": "\'=1"}\n') == [Row(1, {"a": "'=1"})]


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_blank_lines_are_counted_and_passed_over(ending):
    assert read(ending.join([b"", b'{"a": "1"}', b" ", b'{"a": "2"}'])) == [
        Row(2, {"a": "1"}),
        Row(4, {"a": "2"}),
    ]


def test_a_byte_order_mark_is_passed_over():
    assert read('\ufeff{"a": "é"}\n'.encode()) == [Row(1, {"a": "é"})]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "not JSON in UTF-8"),
        (b"{'a': 1}", "not JSON in UTF-8"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": "1", "a": "2"}', "duplicate members"),
        (b'{"a": "\\ud800"}', "a NUL character or a lone surrogate"),
        (b'["a"]', "not a JSON object"),
        (b'"a"', "not a JSON object"),
    ],
)
def test_what_is_no_strict_json_is_refused_and_the_rest_read(line, reason):
    assert read(line + b'\n{"a": "1"}\n') == [Refusal(1, None, reason), Row(2, {"a": "1"})]


def test_a_line_without_end_is_refused_without_being_kept(monkeypatch):
    monkeypatch.setattr(ndjson_rows, "LONGEST", 16)
    long = b'{"a": "' + b"x" * 40 + b'"}'

    assert read(long + b'\n{"a": "1"}\n' + long) == [
        Refusal(1, None, "longer than 16 bytes"),
        Row(2, {"a": "1"}),
        Refusal(3, None, "longer than 16 bytes"),
    ]


def test_the_longest_line_is_read(monkeypatch):
    monkeypatch.setattr(ndjson_rows, "LONGEST", 11)

    assert read(b'{"a": "1"}\n{"a": "2"}') == [Row(1, {"a": "1"}), Row(2, {"a": "2"})]


def test_the_position_is_that_of_the_next_line():
    file = NdjsonFile(io.BytesIO(b'{"a": "1"}\n{"a": "2"}\n'))

    next(file.rows())

    assert (file.position, file.size, file.header) == (11, 22, None)
