"""Error documents (JSON:API 1.1, section 11), and how violations become errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from customer_api.jsonapi.strict_json import serialize
from customer_api.jsonapi.validation import Violation


@dataclass(frozen=True, slots=True)
class ErrorObject:
    """One reason why a request was refused."""

    status: int
    """The HTTP status; a JSON number on the wire, as clients of this contract expect."""
    detail: str
    code: str | None = None
    """What programs tell errors apart by; None for errors of routing and of form."""
    meta: Mapping[str, object] | None = None
    """Facts for programs, such as a request id; None leaves the member out."""

    def to_json(self) -> dict[str, object]:
        """Return the error as documents have it."""
        result: dict[str, object] = {} if self.code is None else {"code": self.code}
        result |= {"status": self.status, "detail": self.detail}
        if self.meta is not None:
            result["meta"] = dict(self.meta)
        return result


def error_document(errors: Sequence[ErrorObject]) -> bytes:
    """Return the body of a refusal."""
    return serialize({"errors": [error.to_json() for error in errors]})


def validation_errors(violations: Iterable[Violation], *, code: str) -> tuple[ErrorObject, ...]:
    """Return one error for each violation, in the same order."""
    return tuple(ErrorObject(422, str(violation), code=code) for violation in violations)
