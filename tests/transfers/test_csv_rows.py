import io

import pytest

from customer_api.transfers.csv_rows import CsvFile
from customer_api.transfers.ndjson_rows import LONGEST
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import FileUnusable, Row


def read(content):
    file = CsvFile(io.BytesIO(content))
    return file.header, list(file.rows())


def test_rows_know_their_lines():
    header, rows = read(b"a,b\n1,2\n3,4\n")

    assert header == ("a", "b")
    assert rows == [Row(2, {"a": "1", "b": "2"}), Row(3, {"a": "3", "b": "4"})]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_is_read(ending):
    _, rows = read(ending.join(["a,b", "1,2", "3,4"]).encode())

    assert rows == [Row(2, {"a": "1", "b": "2"}), Row(3, {"a": "3", "b": "4"})]


def test_a_cell_over_several_lines_makes_one_row_at_its_first_line():
    _, rows = read(b'a,b\n1,"x\ny\nz"\n3,4\n')

    assert rows == [Row(2, {"a": "1", "b": "x\ny\nz"}), Row(5, {"a": "3", "b": "4"})]


def test_blank_lines_are_counted_and_passed_over():
    _, rows = read(b"a,b\n\n\n1,2\n")

    assert rows == [Row(4, {"a": "1", "b": "2"})]


def test_a_byte_order_mark_is_no_part_of_the_first_column():
    header, _ = read("\ufeffa,b\n".encode())

    assert header == ("a", "b")


def test_letters_of_all_languages_are_read():
    _, rows = read("a\nŁucja Þórðardóttir 李\n".encode())

    assert rows == [Row(2, {"a": "Łucja Þórðardóttir 李"})]


@pytest.mark.parametrize(("cells", "found"), [(b"1", 1), (b"1,2,3", 3)])
def test_a_row_with_another_number_of_cells_is_refused_and_the_rest_read(cells, found):
    _, rows = read(b"a,b\n" + cells + b"\n3,4\n")

    reason = f"{found} cells where the header has 2"
    assert rows == [Refusal(2, None, reason), Row(3, {"a": "3", "b": "4"})]


def test_a_misplaced_quote_is_refused_and_the_rest_read():
    _, rows = read(b'a,b\n"1"x,2\n3,4\n')

    assert rows == [Refusal(2, None, "not well-formed CSV"), Row(3, {"a": "3", "b": "4"})]


def test_a_quote_that_is_never_closed_is_refused_at_the_line_where_it_opens():
    _, rows = read(b'a,b\n1,2\n"3,4\n5,6\n')

    assert rows == [Row(2, {"a": "1", "b": "2"}), Refusal(3, None, "not well-formed CSV")]


def test_a_huge_cell_is_refused_and_the_rest_read():
    _, rows = read(b"a\n" + b"x" * (LONGEST + 1) + b"\n1\n")

    assert rows == [Refusal(2, None, "not well-formed CSV"), Row(3, {"a": "1"})]


def test_another_encoding_is_found_before_any_row_is_read():
    content = b"a\n1\n" + "M\xfcller".encode("latin-1") + b"\n"

    with pytest.raises(FileUnusable, match=r"^the file is not UTF-8 text \(line 3\)$"):
        read(content)


@pytest.mark.parametrize("content", [b"", b"\n1,2\n"])
def test_a_file_without_header_is_refused(content):
    with pytest.raises(FileUnusable, match=r"^the first line must name the columns$"):
        read(content)


def test_a_header_that_is_no_csv_is_refused():
    with pytest.raises(FileUnusable, match=r"^the first line is not well-formed CSV$"):
        read(b'"a"b,c\n')


def test_position_runs_from_the_header_to_the_size():
    content = b"a\n" + b"1\n" * 50_000
    file = CsvFile(io.BytesIO(content))

    positions = [file.position for _ in file.rows()]

    assert positions == sorted(positions)
    assert positions[0] < file.size == positions[-1] == len(content)
