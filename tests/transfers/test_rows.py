import hashlib
import io
from pathlib import Path

import pytest

from customer_api.transfers import rows
from customer_api.transfers.files import open_rows
from customer_api.transfers.rows import FileUnusable, Format


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("customers.csv", Format.CSV),
        ("customers.ndjson", Format.NDJSON),
        ("customers.JSONL", Format.NDJSON),
        ("customers.txt", Format.CSV),
        ("ndjson", Format.CSV),
    ],
)
def test_the_suffix_tells_the_format(name, form):
    assert Format.of(Path(name)) is form


@pytest.mark.parametrize("form", Format)
def test_a_file_is_known_by_its_size_and_its_digest(form):
    content = b'{"a": "1"}\n'

    file = open_rows(io.BytesIO(content), form)

    assert (file.size, file.digest) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_another_encoding_is_found_wherever_it_begins(form, chunk, monkeypatch):
    monkeypatch.setattr(rows, "_CHUNK", chunk)
    content = "a\nü\n".encode() + b"M\xfcller\nb\n"

    with pytest.raises(FileUnusable, match=r"^the file is not UTF-8 text \(line 3\)$"):
        open_rows(io.BytesIO(content), form)


def test_a_character_that_is_cut_off_at_the_end_is_found():
    with pytest.raises(FileUnusable, match="line 2"):
        open_rows(io.BytesIO(b"a\n\xc3"), Format.NDJSON)
