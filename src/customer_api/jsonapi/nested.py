"""Fields that are objects or lists of objects, and rules of what stands in them.

Faults are named by their path, such as `items.3.sku`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from typing_extensions import override

from customer_api.core.types import JsonObject
from customer_api.jsonapi.constraints import Constraint
from customer_api.jsonapi.lists import NO_ARRAY, Count
from customer_api.jsonapi.moments import moment
from customer_api.jsonapi.validation import MISSING, Field, Fields, Violation

_NO_OBJECT: Final = "This value should be of type object."


class ObjectField(Field):
    """A member that is an object with fields of its own; null is none.

    Absent fields of the object are read as null.
    """

    __slots__ = ("_fields",)

    def __init__(self, name: str, fields: Fields, *, required: bool = True) -> None:
        super().__init__(name, required=required, type="object")
        self._fields = fields

    @override
    def violations(self, attributes: JsonObject, today: date) -> Iterator[Violation]:
        """Yield what is wrong with the object, or in it."""
        value = attributes.get(self.name)
        if value is None:
            if self.required:
                yield Violation(self.name, _NO_OBJECT if self.name in attributes else MISSING)
        else:
            yield from _violations_in(self.name, value, self._fields, today)

    @override
    def parse(self, value: Any) -> object:
        """Return the object as the program works with it."""
        return None if value is None else self._fields.parse_all(value)

    @override
    def json_schema(self) -> dict[str, Any]:
        """Return the object as JSON Schema (2020-12)."""
        kind = "object" if self.required else ["object", "null"]
        return self._fields.json_schema() | {"type": kind}


class ListField(Field):
    """A member that is a list of objects with fields of their own; absent and null are none."""

    __slots__ = ("_count", "_fields")

    def __init__(self, name: str, fields: Fields, *, min: int = 0, max: int) -> None:  # noqa: A002 - as `Count` has them
        super().__init__(name, required=min > 0, type="array")
        self._fields = fields
        self._count = Count(min=min, max=max)

    @override
    def violations(self, attributes: JsonObject, today: date) -> Iterator[Violation]:
        """Yield what is wrong with the list, or in the first of its faulty objects."""
        value = attributes.get(self.name)
        if value is None:
            if self.required:
                yield Violation(self.name, NO_ARRAY if self.name in attributes else MISSING)
        elif not isinstance(value, list):
            yield Violation(self.name, NO_ARRAY)
        elif message := self._count.refusal(value, today):
            yield Violation(self.name, message)
        else:
            for number, element in enumerate(value):
                path = f"{self.name}.{number}"
                if found := list(_violations_in(path, element, self._fields, today)):
                    yield from found
                    return

    @override
    def parse(self, value: Any) -> object:
        """Return the objects as the program works with them."""
        return [self._fields.parse_all(element) for element in value or ()]

    @override
    def json_schema(self) -> dict[str, Any]:
        """Return the list as JSON Schema (2020-12)."""
        kind = "array" if self.required else ["array", "null"]
        return {"type": kind, "items": self._fields.json_schema(), **self._count.schema()}


@dataclass(frozen=True, slots=True)
class Integer(Constraint):
    """A whole number between two bounds, both included; null passes."""

    min: int
    max: int

    @override
    def refusal(self, value: object, today: date) -> str | None:
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return "This value should be of type integer."
        return None if self.min <= value <= self.max else _between(self.min, self.max)

    @override
    def schema(self) -> JsonObject:
        return {"minimum": self.min, "maximum": self.max}


@dataclass(frozen=True, slots=True)
class Number(Constraint):
    """A number between two bounds, both included; null passes."""

    min: int
    max: int

    @override
    def refusal(self, value: object, today: date) -> str | None:
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            return "This value should be of type numeric."
        return None if self.min <= value <= self.max else _between(self.min, self.max)

    @override
    def schema(self) -> JsonObject:
        return {"minimum": self.min, "maximum": self.max}


@dataclass(frozen=True, slots=True)
class Required(Constraint):
    """Anything but null."""

    @override
    def refusal(self, value: object, today: date) -> str | None:
        return "This value should not be null." if value is None else None

    @override
    def refuses_null(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Moment(Constraint):
    """A moment by ISO 8601, in UTC unless it has an offset; null and "" pass, and mean none."""

    @override
    def refusal(self, value: str | None, today: date) -> str | None:
        return None if not value or _moment(value) else "This value is not a valid datetime."

    @override
    def parsed(self, value: str | None) -> datetime | None:
        return _moment(value) if value else None

    @override
    def schema(self) -> JsonObject:
        return {"format": "date-time"}


def _violations_in(path: str, value: object, fields: Fields, today: date) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield Violation(path, _NO_OBJECT)
        return
    for violation in fields.violations(value, today=today):
        yield Violation(f"{path}.{violation.field}", violation.message)


def _moment(text: str) -> datetime | None:
    try:
        return moment(text)
    except ValueError:
        return None


def _between(least: int, most: int) -> str:
    return f"This value should be between {least} and {most}."
