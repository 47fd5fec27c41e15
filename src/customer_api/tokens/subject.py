"""The `sub` claim of the storefront's tokens, in the two forms a shop can choose."""

import json
from typing import Protocol


class Subjects(Protocol):
    """Writes references of customers and ids of agents as subjects, and reads them back."""

    def write(self, reference: str) -> str:
        """Return the subject."""

    def read(self, subject: str) -> str | None:
        """Return the reference; None when the text is no such subject."""

    def write_impersonation(self, reference: str, agent: str) -> str:
        """Return the subject of an agent who acts as a customer; `read` reads the customer's."""

    def write_agent(self, uuid: str) -> str:
        """Return the subject of an agent."""

    def read_agent(self, subject: str) -> str | None:
        """Return the agent's id; None when the text is no such subject."""


class JsonSubjects:
    """A string that holds JSON: storefront clients read `JSON.parse(sub).customer_reference`."""

    def write(self, reference: str) -> str:
        """Return the JSON text; no internal id, name or e-mail goes into a token."""
        return json.dumps(_members_of(reference))

    def read(self, subject: str) -> str | None:
        """Return the reference in the JSON text."""
        return _member(subject, "customer_reference")

    def write_impersonation(self, reference: str, agent: str) -> str:
        """Return the JSON text of a customer with the agent's id in it."""
        return json.dumps({**_members_of(reference), "id_agent": agent})

    def write_agent(self, uuid: str) -> str:
        """Return the JSON text; the id is the public one."""
        return json.dumps({"id_agent": uuid})

    def read_agent(self, subject: str) -> str | None:
        """Return the id in the JSON text."""
        return _member(subject, "id_agent")


class PlainSubjects:
    """The bare reference or id."""

    def write(self, reference: str) -> str:
        """Return the reference."""
        return reference

    def read(self, subject: str) -> str | None:
        """Return the subject as it is."""
        return subject

    def write_impersonation(self, reference: str, agent: str) -> str:  # noqa: ARG002 - as the others
        """Return the reference; the claim `act` names the agent."""
        return reference

    def write_agent(self, uuid: str) -> str:
        """Return the id."""
        return uuid

    def read_agent(self, subject: str) -> str | None:
        """Return the subject as it is."""
        return subject


def _members_of(reference: str) -> dict[str, str | None]:
    return {"customer_reference": reference, "id_company_user": None}


def _member(subject: str, name: str) -> str | None:
    """Return a text in an object of JSON; None when there is none."""
    try:
        parsed = json.loads(subject)
    except ValueError:
        return None
    value = parsed.get(name) if isinstance(parsed, dict) else None
    return value if isinstance(value, str) else None
