"""What may stand in the cells of imported files; empty cells stand for None.

A refusal never quotes the cell, which may hold anything of a person.
"""

import re
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, date, datetime
from typing import Final

from sqlalchemy import ColumnElement, String

from customer_api.customers.service import locale_of

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_FLAGS: Final = {"": None, "true": True, "1": True, "false": False, "0": False}


class CellRefused(Exception):
    """A cell's text is no value of its column; the message tells why."""


def text_parser(column: ColumnElement[str | None]) -> Callable[[str], str | None]:
    """Return what parses texts that fit a column of the database."""
    assert isinstance(column.type, String)
    longest = column.type.length
    assert longest is not None
    return lambda cell: parse_text(cell, longest)


def parse_text(cell: str, longest: int) -> str | None:
    """Return the text as it is, up to a number of code points; line breaks are texts, too."""
    if "\0" in cell:
        raise CellRefused("NUL characters are refused")
    if len(cell) > longest:
        raise CellRefused(f"more than {longest} characters")
    return cell or None


def parse_choice(cell: str, choices: Sequence[str]) -> str | None:
    """Return one of the choices, case and all."""
    if cell and cell not in choices:
        raise CellRefused(f"must be empty or one of {', '.join(choices)}")
    return cell or None


def parse_locale(cell: str, locales: Collection[str]) -> str | None:
    """Return a locale in the spelling `de_DE`; `de-DE` is the same."""
    locale = locale_of(cell)
    if locale and locale not in locales:
        raise CellRefused("not a locale of the store")
    return locale or None


def parse_uuid(cell: str) -> str | None:
    """Return a UUID in small letters."""
    uuid = cell.lower()
    if uuid and not _UUID.fullmatch(uuid):
        raise CellRefused("not a UUID")
    return uuid or None


def parse_flag(cell: str) -> bool | None:
    """Return a claim; 1 and 0 are true and false."""
    flag = cell.lower()  # spreadsheets write TRUE
    if flag not in _FLAGS:
        raise CellRefused("must be empty, true or false")
    return _FLAGS[flag]


def parse_past_date(cell: str, today: date) -> date | None:
    """Return a day of the calendar that is not after today."""
    if not cell:
        return None
    try:
        day = date.fromisoformat(cell) if _DATE.fullmatch(cell) else None
    except ValueError:  # its text quotes the cell
        day = None
    if day is None:
        raise CellRefused("not a date (YYYY-MM-DD)")
    if day > today:
        raise CellRefused("in the future")
    return day


def parse_past_moment(cell: str, now: datetime) -> datetime | None:
    """Return a moment in UTC, which is also the zone of texts without one; a date is its midnight."""
    if not cell:
        return None
    moment = _moment(cell) if _MOMENT.fullmatch(cell) else None
    if moment is None:
        raise CellRefused("not a date (YYYY-MM-DD) or timestamp (YYYY-MM-DD HH:MM:SS)")
    if moment > now:
        raise CellRefused("in the future")
    return moment


def _moment(text: str) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(text)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # no such day, or before year 1 in UTC
        return None


def day_cell(day: date | None) -> str | None:
    """Return how a day is written."""
    return None if day is None else day.isoformat()


def moment_cell(moment: datetime | None) -> str | None:
    """Return how a moment in UTC is written: midnight as its date, as other shops do."""
    if moment is None:
        return None
    day, _, time = moment.isoformat().removesuffix("+00:00").partition("T")
    return day if time == "00:00:00" else f"{day}T{time}Z"
