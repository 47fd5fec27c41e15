"""The columns of a file of subscriptions to newsletters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from customer_api.core.ids import Reference
from customer_api.core.labels import label_key
from customer_api.customers.emails import EMAIL_LENGTH, email_key
from customer_api.jsonapi.email_syntax import is_loosely_email
from customer_api.newsletter.models import CHANNEL_LENGTH, NAME_LENGTH, State
from customer_api.transfers.cells import (
    CellRefused,
    parse_choice,
    parse_locale,
    parse_past_moment,
    parse_text,
)
from customer_api.transfers.columns import REFERENCE, Column, Columns, parse_reference

COLUMNS: Final = (
    "newsletter_type",
    "email",
    REFERENCE,
    "state",
    "locale",
    "channel",
    "text_version",
    "asked",
    "confirmed",
    "ended",
    "unsubscribe_key",
)
STATES: Final = (State.SUBSCRIBED, State.UNSUBSCRIBED, State.BOUNCED)
"""What files hold. Who has not confirmed yet is asked again: the mailed key is in no file."""

_LARGEST_VERSION_DIGITS: Final = 9
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class SubscriptionRecord:
    """A row whose every cell is valid."""

    line: int
    newsletter: str
    """Name of the newsletter, in any case."""
    email: str
    state: State
    reference: Reference | None
    values: Mapping[str, Any]
    """Columns of the table that the file has something for."""
    unsubscribe_key: str | None = None
    """In links of mails that were sent before; a subscription that is here keeps its own."""

    @property
    def newsletter_key(self) -> str:
        """The name in the form in which no two newsletters have the same."""
        return label_key(self.newsletter)

    @property
    def email_key(self) -> str:
        """The normal form of the address."""
        return email_key(self.email)

    @property
    def keys(self) -> tuple[str]:
        """What the row is known by: the mailbox and the newsletter."""
        return (f"{self.email_key} {self.newsletter_key}",)


def subscription_columns(*, locales: tuple[str, ...], now: datetime) -> Columns:
    """Return the columns in the order in which they are written; nothing happened after now."""

    def moment(cell: str) -> datetime | None:
        return parse_past_moment(cell, now)

    return Columns(
        (
            Column("newsletter_type", "newsletter", _parse_name, is_needed=True),
            Column("email", "email", _parse_email, is_needed=True),
            Column(REFERENCE, "reference", lambda cell: parse_reference(cell) if cell else None),
            Column("state", "state", _parse_state, is_needed=True),
            Column("locale", "locale", lambda cell: parse_locale(cell, locales)),
            Column("channel", "channel", lambda cell: parse_text(cell, CHANNEL_LENGTH)),
            Column("text_version", "text_version", _parse_version),
            Column("asked", "asked_at", moment),
            Column("confirmed", "confirmed_at", moment),
            Column("ended", "ended_at", moment),
            Column("unsubscribe_key", "unsubscribe_key", _parse_key, is_literal=True),
        )
    )


def _parse_name(cell: str) -> str:
    name = parse_text(cell, NAME_LENGTH)
    if name is None:
        raise CellRefused("must not be empty")
    return name


def _parse_email(cell: str) -> str:
    if len(cell) > EMAIL_LENGTH or not is_loosely_email(cell):
        raise CellRefused("not an e-mail address")
    return cell


def _parse_state(cell: str) -> State:
    state = parse_choice(cell, STATES)
    if state is None:
        raise CellRefused(f"must be one of {', '.join(STATES)}")
    return State(state)


def _parse_key(cell: str) -> str | None:
    if cell and not _KEY.fullmatch(cell):
        raise CellRefused("not a key: 43 characters of base64url")
    return cell or None


def _parse_version(cell: str) -> int | None:
    if not cell:
        return None
    if not (cell.isascii() and cell.isdecimal() and len(cell) <= _LARGEST_VERSION_DIGITS):
        raise CellRefused("not a number of a text")
    return int(cell)
