"""The attributes a request may send: checked field by field, read, and described.

A route declares its fields once; the messages, the values and the OpenAPI schema follow from that:

    FIELDS = Fields(
        Field("email", NotBlank(), StrictEmail()),
        Field("gender", NotBlank(), Choice("Male", "Female"), required=False),
        Field("isDefaultBilling", TypeBool(), type="boolean"),
    )
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from typing_extensions import override

from customer_api.core.types import JsonObject
from customer_api.jsonapi.constraints import Constraint

MISSING: Final = "This field is missing."
_NO_STRING: Final = "This value should be of type string."


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a field breaks; as text it is the detail of an error, and never has the value."""

    field: str
    message: str

    @override
    def __str__(self) -> str:
        return f"{self.field} => {self.message}"


class Field:
    """A member of a request's attributes, with the rules for its value in the order of messages.

    A string field takes null, false and [] as blank, which is null from there on; any other value
    that is no string breaks the one rule every string field has. Other fields leave all to their
    rules. A field that is not required may be absent, but follows its rules when it is there.
    """

    __slots__ = ("constraints", "description", "example", "name", "required", "type")

    def __init__(
        self,
        name: str,
        *constraints: Constraint,
        required: bool = True,
        type: Literal["string", "boolean", "array", "object", "integer", "number"] = "string",  # noqa: A002 - JSON Schema's word for it
        description: str = "",
        example: object = None,
    ) -> None:
        self.name = name
        self.constraints = constraints
        self.required = required
        self.type = type
        self.description = description
        self.example = example

    def messages(self, attributes: JsonObject, today: date) -> Iterator[str]:
        """Yield what is wrong with this field of the attributes, in the order of the rules."""
        if self.name not in attributes:
            if self.required:
                yield MISSING
            return
        value = self._unified(attributes[self.name])
        if self.type == "string" and not (value is None or isinstance(value, str)):
            yield _NO_STRING
            return
        for constraint in self.constraints:
            if message := constraint.refusal(value, today):
                yield message

    def violations(self, attributes: JsonObject, today: date) -> Iterator[Violation]:
        """Yield the same as violations."""
        for message in self.messages(attributes, today):
            yield Violation(self.name, message)

    def parse(self, value: object) -> object:
        """Return a value without faults as the program works with it."""
        value = self._unified(value)
        for constraint in self.constraints:
            value = constraint.parsed(value)
        return value

    def json_schema(self) -> dict[str, Any]:
        """Return the field as JSON Schema (2020-12); where rules overlap, the later one counts."""
        schema: dict[str, Any] = {"type": self.type}
        for constraint in self.constraints:
            schema |= constraint.schema()
        if not any(constraint.refuses_null() for constraint in self.constraints):
            schema["type"] = [self.type, "null"]
            if "enum" in schema:
                schema["enum"].append(None)
        if self.description:
            schema["description"] = self.description
        if self.example is not None:
            schema["examples"] = [self.example]
        return schema

    def _unified(self, value: object) -> object:
        blank = self.type == "string" and (value is False or value == [])
        return None if blank else value


class Fields:
    """The attributes of one kind of request; what else is sent is ignored."""

    __slots__ = ("_fields",)

    def __init__(self, *fields: Field) -> None:
        self._fields = fields

    def violations(self, attributes: JsonObject, *, today: date) -> tuple[Violation, ...]:
        """Return all faults, in the order of the fields and of each field's rules.

        A required field that is absent has exactly one fault. `today` is the day after which
        dates of the past are refused.
        """
        return tuple(
            violation for field in self._fields for violation in field.violations(attributes, today)
        )

    def parse(self, attributes: JsonObject) -> dict[str, Any]:
        """Return the declared fields that were sent, of attributes without violations.

        String fields are str or None (sent as null, false or []), dates `datetime.date` or None
        (also sent as ""), accepted consents True, other booleans bool or None, arrays frozen sets.
        """
        return {
            field.name: field.parse(attributes[field.name])
            for field in self._fields
            if field.name in attributes
        }

    def parse_all(self, attributes: JsonObject) -> dict[str, Any]:
        """Return all declared fields in their order, as `parse` does; those not sent as if null."""
        return {field.name: field.parse(attributes.get(field.name)) for field in self._fields}

    def json_schema(self) -> dict[str, Any]:
        """Return the attributes as JSON Schema (2020-12), for OpenAPI 3.1."""
        return {
            "type": "object",
            "properties": {field.name: field.json_schema() for field in self._fields},
            "required": [field.name for field in self._fields if field.required],
        }
