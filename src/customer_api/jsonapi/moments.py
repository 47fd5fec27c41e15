"""Moments and days: as requests name them by ISO 8601, and as answers write them."""

from datetime import UTC, date, datetime, timedelta


def moment(text: str) -> datetime:
    """Return a moment, in UTC unless it has an offset; of a date it is the beginning.

    Raises:
        ValueError: neither a date nor a moment by ISO 8601, or one outside of the years 1 to 9999.
    """
    found = datetime.fromisoformat(text)
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("no moment in UTC") from error


def moment_behind(text: str) -> datetime:
    """Return the first moment behind what a text names: a day, a second, or less where it says so.

    Raises:
        ValueError: as `moment`.
    """
    named = moment(text)
    try:
        date.fromisoformat(text)
        length = timedelta(days=1)
    except ValueError:
        length = timedelta(microseconds=1) if named.microsecond else timedelta(seconds=1)
    try:
        return named + length
    except OverflowError:  # behind the end of time there is nothing to leave out
        return datetime.max.replace(tzinfo=UTC)


def timestamp(of: datetime) -> str:
    """Return a UTC moment as answers write it, always with microseconds (contract 1.4)."""
    return of.replace(tzinfo=None).isoformat(" ", "microseconds")
