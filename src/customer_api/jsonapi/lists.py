"""Rules of fields that take a list."""

from dataclasses import dataclass
from datetime import date

from typing_extensions import override

from customer_api.core.types import JsonObject
from customer_api.jsonapi.constraints import Constraint

NO_ARRAY = "This value should be of type array."


@dataclass(frozen=True, slots=True)
class Count(Constraint):
    """A list with a number of elements between two bounds, both included; no list passes."""

    min: int
    max: int

    @override
    def refusal(self, value: object, today: date) -> str | None:
        if not isinstance(value, list) or self.min <= len(value) <= self.max:
            return None
        if len(value) < self.min:
            return f"This collection should contain {self.min} elements or more."
        return f"This collection should contain {self.max} elements or less."

    @override
    def schema(self) -> JsonObject:
        return {"minItems": self.min, "maxItems": self.max}


@dataclass(frozen=True, slots=True)
class Texts(Constraint):
    """A list of texts of 1 to `max` characters, read as a tuple in its order, each of them once."""

    max: int

    @override
    def refusal(self, value: object, today: date) -> str | None:
        if not isinstance(value, list):
            return NO_ARRAY
        if not all(isinstance(it, str) and 1 <= len(it) <= self.max for it in value):
            return "One or more of the given values is invalid."
        return None

    @override
    def parsed(self, value: list[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

    @override
    def schema(self) -> JsonObject:
        return {"items": {"type": "string", "minLength": 1, "maxLength": self.max}}

    @override
    def refuses_null(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Objects(Constraint):
    """A list of objects, whatever is in them."""

    described_as: JsonObject
    """JSON Schema of one of them."""

    @override
    def refusal(self, value: object, today: date) -> str | None:
        if not isinstance(value, list):
            return NO_ARRAY
        if not all(isinstance(it, dict) for it in value):
            return "One or more of the given values is invalid."
        return None

    @override
    def schema(self) -> JsonObject:
        return {"items": self.described_as}

    @override
    def refuses_null(self) -> bool:
        return True
