"""The rules a field can have; their messages are part of the contract, to the character.

A rule speaks for itself only. Most let null pass, and some the empty string, because `NotBlank` is
the one that speaks of these.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from typing_extensions import override

from customer_api.core.types import JsonObject
from customer_api.jsonapi.email_syntax import is_loosely_email, is_strictly_email

_CALENDAR_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Constraint(ABC):
    """One rule of a field, and what it adds to the field's JSON Schema.

    Values are a str or None in string fields, and whatever JSON was sent in boolean ones; each rule
    declares what it takes.
    """

    __slots__ = ()

    @abstractmethod
    def refusal(self, value: Any, today: date) -> str | None:  # noqa: ANN401 - rules narrow it
        """Return the message for a value that breaks the rule, None for others."""

    def parsed(self, value: Any) -> object:  # noqa: ANN401 - rules narrow it
        """Return a value that keeps the rule in the form the program works with."""
        return value

    def schema(self) -> JsonObject:
        """Return the rule as JSON Schema keywords (2020-12)."""
        return {}

    def refuses_null(self) -> bool:
        """Tell whether null breaks the rule."""
        return False


@dataclass(frozen=True, slots=True)
class NotBlank(Constraint):
    """Neither null, false nor empty; a blank character is enough, and so is 0."""

    @override
    def refusal(self, value: object, today: date) -> str | None:
        is_zero = value == 0 and value is not False
        return None if value or is_zero else "This value should not be blank."

    @override
    def schema(self) -> JsonObject:
        return {"minLength": 1}

    @override
    def refuses_null(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Length(Constraint):
    """A number of code points between two bounds, both included; null passes, "" is 0 long."""

    min: int | None = None
    max: int | None = None

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        if value is None:
            return None
        too_short = self.min is not None and len(value) < self.min
        too_long = self.max is not None and len(value) > self.max
        if not (too_short or too_long):
            return None
        if self.min == self.max:
            return f"This value should have exactly {self.min} characters."
        if too_short:
            return f"This value is too short. It should have {self.min} characters or more."
        return f"This value is too long. It should have {self.max} characters or less."

    @override
    def schema(self) -> JsonObject:
        bounds = {"minLength": self.min, "maxLength": self.max}
        return {keyword: bound for keyword, bound in bounds.items() if bound is not None}


@dataclass(frozen=True, slots=True)
class Email(Constraint):
    """The outline of an address, where the address is only looked up; null and "" pass."""

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        return None if not value or is_loosely_email(value) else _NO_EMAIL

    @override
    def schema(self) -> JsonObject:
        return {"format": "email"}


@dataclass(frozen=True, slots=True)
class StrictEmail(Constraint):
    """An address that mail can be sent to, where it is going to be stored; null and "" pass."""

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        return None if not value or is_strictly_email(value) else _NO_EMAIL

    @override
    def schema(self) -> JsonObject:
        return {"format": "email"}


@dataclass(frozen=True, slots=True, init=False)
class Choice(Constraint):
    """One of some texts, case and all; null passes, "" does not."""

    values: tuple[str, ...]

    def __init__(self, *values: str) -> None:
        object.__setattr__(self, "values", values)

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        if value is None or value in self.values:
            return None
        return "The value you selected is not a valid choice."

    @override
    def schema(self) -> JsonObject:
        return {"enum": list(self.values)}


@dataclass(frozen=True, slots=True)
class Regex(Constraint):
    r"""A text that an expression matches from end to end; null and "" pass.

    Classes such as `\d` mean their ASCII characters. Write the expression with its anchors, `^` and
    `$`: JSON Schema searches where we match.
    """

    pattern: str
    message: str

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        matches = not value or re.fullmatch(self.pattern, value, re.ASCII)
        return None if matches else self.message

    @override
    def schema(self) -> JsonObject:
        return {"pattern": self.pattern}


@dataclass(frozen=True, slots=True)
class Date(Constraint):
    """A day of the calendar as `YYYY-MM-DD`; null and "" pass, and both mean none."""

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        return None if not value or _calendar_date(value) else _NO_DATE

    @override
    def parsed(self, value: str | None) -> date | None:
        return _calendar_date(value) if value else None

    @override
    def schema(self) -> JsonObject:
        return {"format": "date"}


@dataclass(frozen=True, slots=True)
class PastDate(Date):
    """A day of the calendar that is not after today."""

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        day = _calendar_date(value) if value else today
        return None if day and day <= today else _NO_DATE


@dataclass(frozen=True, slots=True)
class Country(Constraint):
    """A code of a country that the given function knows; null and "" pass."""

    is_known: Callable[[str], bool]

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        known = not value or self.is_known(value)
        return None if known else "This value is not a valid country."


@dataclass(frozen=True, slots=True)
class IsTrue(Constraint):
    """A consent: true, 1 or "1".

    The original lets null pass; ours does not, because null is no consent.
    """

    @override
    def refusal(self, value: object, today: date) -> str | None:
        # `True == 1 == 1.0` in Python, but 1.0 is no consent.
        accepted = value is True or value == "1" or (isinstance(value, int) and value == 1)
        return None if accepted else "This value should be true."

    @override
    def parsed(self, value: object) -> bool:
        return True

    @override
    def schema(self) -> JsonObject:
        return {"const": True}

    @override
    def refuses_null(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class TypeBool(Constraint):
    """A JSON boolean; null passes."""

    @override
    def refusal(self, value: object, today: date) -> str | None:
        fits = value is None or isinstance(value, bool)
        return None if fits else "This value should be of type bool."


_NO_EMAIL: Final = "This value is not a valid email address."
_NO_DATE: Final = "This value is not a valid date."


def _calendar_date(text: str) -> date | None:
    """Return the day, None for other texts; `date.fromisoformat` alone takes more formats."""
    if not _CALENDAR_DATE.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class SeveralOf(Constraint):
    """A list of values, each of which is one of the choices; the order means nothing."""

    __slots__ = ("choices",)

    def __init__(self, *choices: str) -> None:
        self.choices = choices

    @override
    def refusal(self, value: object, today: date) -> str | None:
        if not isinstance(value, list):
            return "This value should be of type array."
        if not all(isinstance(it, str) and it in self.choices for it in value):
            return "One or more of the given values is invalid."
        return None

    @override
    def parsed(self, value: list[str]) -> frozenset[str]:
        return frozenset(value)

    @override
    def schema(self) -> JsonObject:
        return {"items": {"enum": list(self.choices)}}

    @override
    def refuses_null(self) -> bool:
        return True
