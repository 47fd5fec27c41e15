"""The `sub` claim of customer tokens, in the two forms a shop can choose."""

import json
from typing import Protocol


class Subjects(Protocol):
    """Writes a customer's reference as a subject and reads it back."""

    def write(self, reference: str) -> str:
        """Return the subject."""

    def read(self, subject: str) -> str | None:
        """Return the reference; None when the text is no such subject."""


class JsonSubjects:
    """A string that holds JSON: storefront clients read `JSON.parse(sub).customer_reference`."""

    def write(self, reference: str) -> str:
        """Return the JSON text; no internal id, name or e-mail goes into a token."""
        return json.dumps({"customer_reference": reference, "id_company_user": None})

    def read(self, subject: str) -> str | None:
        """Return the reference in the JSON text."""
        try:
            parsed = json.loads(subject)
        except ValueError:
            return None
        reference = parsed.get("customer_reference") if isinstance(parsed, dict) else None
        return reference if isinstance(reference, str) else None


class PlainSubjects:
    """The bare reference."""

    def write(self, reference: str) -> str:
        """Return the reference."""
        return reference

    def read(self, subject: str) -> str | None:
        """Return the subject as it is."""
        return subject
