from datetime import UTC, date, datetime, timedelta

import pytest

from customer_api.transfers.cells import (
    CellRefused,
    day_cell,
    moment_cell,
    parse_choice,
    parse_flag,
    parse_locale,
    parse_past_date,
    parse_past_moment,
    parse_text,
)

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parse", "argument"),
    [
        (parse_text, 10),
        (parse_choice, ("a", "b")),
        (parse_locale, ("de_DE",)),
        (parse_past_date, NOW.date()),
        (parse_past_moment, NOW),
    ],
)
def test_an_empty_cell_is_none(parse, argument):
    assert parse("", argument) is None


def test_text_is_kept_up_to_its_length():
    assert parse_text(" äö ", 4) == " äö "
    with pytest.raises(CellRefused, match=r"^more than 3 characters$"):
        parse_text(" äö ", 3)


def test_a_choice_is_compared_with_its_case():
    assert parse_choice("n/a", ("Mr", "n/a")) == "n/a"
    with pytest.raises(CellRefused, match=r"^must be empty or one of Mr, n/a$"):
        parse_choice("mr", ("Mr", "n/a"))


@pytest.mark.parametrize("text", ["de_DE", "de-DE"])
def test_both_spellings_of_a_locale_are_one(text):
    assert parse_locale(text, ("en_US", "de_DE")) == "de_DE"


@pytest.mark.parametrize("text", ["fr_FR", "de", "de_de"])
def test_a_locale_that_the_store_does_not_have_is_refused(text):
    with pytest.raises(CellRefused, match=r"^not a locale of the store$"):
        parse_locale(text, ("en_US", "de_DE"))


@pytest.mark.parametrize("text", ["2026-03-14", "2024-02-29", "0001-01-01"])
def test_a_day_until_today_is_read(text):
    assert parse_past_date(text, NOW.date()) == date.fromisoformat(text)


@pytest.mark.parametrize(
    "text", ["2023-02-29", "0000-00-00", "20200624", "2020-W26-3", "24.06.2020", "2020-06-24 "]
)
def test_what_is_no_day_is_refused_without_being_quoted(text):
    with pytest.raises(CellRefused, match=r"^not a date \(YYYY-MM-DD\)$"):
        parse_past_date(text, NOW.date())


def test_tomorrow_is_refused():
    with pytest.raises(CellRefused, match=r"^in the future$"):
        parse_past_date("2026-03-15", NOW.date())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-06-24", datetime(2020, 6, 24, tzinfo=UTC)),
        ("2020-06-24 10:11:12", datetime(2020, 6, 24, 10, 11, 12, tzinfo=UTC)),
        ("2020-06-24T10:11:12.25Z", datetime(2020, 6, 24, 10, 11, 12, 250000, tzinfo=UTC)),
        ("2020-06-24 01:00:00+02:00", datetime(2020, 6, 23, 23, tzinfo=UTC)),
        ("2026-03-14 09:26:53", NOW),
    ],
)
def test_a_moment_is_read_as_utc(text, moment):
    parsed = parse_past_moment(text, NOW)

    assert parsed == moment
    assert parsed.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2023-02-29",
        "2020-06-24 25:00:00",
        "2020-06-24 10:11",
        "20200624",
        "0001-01-01 00:00:00+14:00",
        "yesterday",
    ],
)
def test_what_is_no_moment_is_refused_without_being_quoted(text):
    with pytest.raises(CellRefused, match=r"^not a date \(YYYY-MM-DD\) or timestamp"):
        parse_past_moment(text, NOW)


def test_a_moment_to_come_is_refused():
    with pytest.raises(CellRefused, match=r"^in the future$"):
        parse_past_moment("2026-03-14 09:26:54", NOW)


@pytest.mark.parametrize(
    ("text", "flag"),
    [("true", True), ("TRUE", True), ("1", True), ("false", False), ("0", False), ("", None)],
)
def test_a_claim_is_read(text, flag):
    assert parse_flag(text) is flag


@pytest.mark.parametrize("text", ["T", "yes", "2"])
def test_what_is_no_claim_is_refused(text):
    with pytest.raises(CellRefused, match=r"^must be empty, true or false$"):
        parse_flag(text)


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2020, 6, 24, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        NOW,
        NOW - timedelta(microseconds=1),
        datetime(2020, 6, 24, tzinfo=UTC) + timedelta(microseconds=1),
    ],
)
def test_a_moment_is_written_so_that_it_is_read_again(moment):
    assert parse_past_moment(moment_cell(moment), NOW) == moment


def test_midnight_is_written_as_its_day():
    assert moment_cell(datetime(2020, 6, 24, tzinfo=UTC)) == "2020-06-24"
    assert moment_cell(datetime(2020, 6, 24, 1, tzinfo=UTC)) == "2020-06-24T01:00:00Z"
    assert day_cell(date(2020, 6, 24)) == "2020-06-24"


def test_nothing_is_written_as_nothing():
    assert (day_cell(None), moment_cell(None)) == (None, None)


def test_a_text_may_have_line_breaks_and_no_nul():
    assert parse_text("a\r\nb\t", 5) == "a\r\nb\t"
    with pytest.raises(CellRefused, match=r"^NUL characters are refused$"):
        parse_text("a\0", 5)
