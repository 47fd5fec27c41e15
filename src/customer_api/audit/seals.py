"""What a seal is: digests of events, and a hash over them and the seal before.

Whoever wants to check a seal without this program needs nothing but SHA-256 and this module; the form
of what is hashed is for ever (decision 0043).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

NO_HASH: Final = "0" * 64
"""What the first seal has in place of the hash of a seal before it."""


class Event(Protocol):
    """The columns of an event, as the table has them."""

    id: int
    uuid: str
    at: datetime
    actor_kind: str
    actor: str
    action: str
    subject: str
    fields: str
    request_id: str


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal over a batch of events, in the order of their internal ids."""

    number: int
    """From 1, without gaps."""
    previous_hash: str
    """Hash of the seal before, `NO_HASH` for the first."""
    hash: str
    first_event: str
    """Uuid of the first event."""
    last_event: str
    events: int
    """How many."""
    sealed_at: datetime


def digest_of(event: Event) -> str:
    """Return the SHA-256 of an event, in hexadecimal: of a JSON array of its columns in ASCII."""
    columns = (
        event.id,
        event.uuid,
        _moment(event.at),
        event.actor_kind,
        event.actor,
        event.action,
        event.subject,
        event.fields,
        event.request_id,
    )
    return hashlib.sha256(_json(columns)).hexdigest()


def hash_of(seal: Seal, digests: Iterable[str]) -> str:
    """Return what the hash of a seal must be.

    It is the SHA-256, in hexadecimal, of a line with a JSON array of all else in the seal, and a line
    with the digest of each event.
    """
    head = (
        seal.number,
        seal.previous_hash,
        seal.first_event,
        seal.last_event,
        seal.events,
        _moment(seal.sealed_at),
    )
    found = hashlib.sha256(_json(head) + b"\n")
    for digest in digests:
        found.update(f"{digest}\n".encode())
    return found.hexdigest()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _json(values: tuple[object, ...]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode()
