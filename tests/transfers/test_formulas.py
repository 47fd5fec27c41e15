import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_api.transfers.formulas import escape, unescape

TEXTS = st.text(alphabet="'=+-@\t\r\n aé", max_size=6)


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_written_behind_an_apostrophe(text):
    assert escape(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ada", "'s-Gravenhage", "'", "''", "1+1", " =1", "$2y$10$"])
def test_other_texts_are_as_they_are(text):
    assert (escape(text), unescape(text)) == (text, text)


@pytest.mark.parametrize("text", ["=1+1", "+49 30"])
def test_a_foreign_file_need_not_escape(text):
    assert unescape(text) == text


@given(TEXTS)
def test_what_was_escaped_is_read_as_it_was(text):
    assert unescape(escape(text)) == text


@given(TEXTS)
def test_nothing_dangerous_is_left(text):
    assert escape(text)[:1] not in set("=+-@\t\r\n")
