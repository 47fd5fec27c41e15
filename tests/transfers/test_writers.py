import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_api.transfers.files import open_rows
from customer_api.transfers.rows import Format
from customer_api.transfers.writers import open_writer, replacing

TEXTS = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8
) | st.text(alphabet="'=+-@\t\r\n\",; \u2028", max_size=5)
COLUMNS = ("a", "b")


def written(form, *rows, literal=()):
    file = io.BytesIO()
    open_writer(file, form, COLUMNS, literal=literal).write(rows)
    return file.getvalue().decode()


def test_csv_has_a_header_and_cells_that_are_quoted_where_they_must_be():
    rows = [("1", None), ('x"y', "a,b"), ("a\nb", "a\rb"), (True, "")]

    assert written(Format.CSV, *rows) == (
        'a,b\n1,\n"x""y","a,b"\n"a\nb","a\rb"\ntrue,\n'.replace('"a\nb"', '"a\nb"')
    )


def test_csv_marks_formulas_but_where_texts_are_literal():
    assert written(Format.CSV, ("+49", "=1"), literal={"b"}) == "a,b\n'+49,=1\n"


def test_ndjson_has_an_object_a_line_with_every_column():
    assert written(Format.NDJSON, ("+49", None), ("é", ""), (False, [{"n": 1}])) == (
        '{"a":"+49","b":null}\n{"a":"é","b":null}\n{"a":false,"b":[{"n":1}]}\n'
    )


@pytest.mark.parametrize("form", Format)
@given(rows=st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_what_is_written_is_read_as_it_was(form, rows):
    content = io.BytesIO()
    open_writer(content, form, COLUMNS, literal={"b"}).write(rows)
    content.seek(0)

    read = [
        (row.cells["a"] or "", row.cells["b"] or "")
        for row in open_rows(content, form, literal={"b"}).rows()
    ]

    assert read == rows


def test_a_file_appears_when_it_is_complete_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "customers.csv"
    path.write_text("before")

    with replacing(path) as file:
        file.write(b"after")
        seen = path.read_text()

    assert (seen, path.read_text()) == ("before", "after")
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_file_that_fails_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "customers.csv"
    path.write_text("before")

    with pytest.raises(error), replacing(path) as file:
        file.write(b"after")
        raise error

    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
