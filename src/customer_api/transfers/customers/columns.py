"""The columns of a file of customers, and what may stand in their cells."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from pydantic import SecretStr

from customer_api.core.ids import Reference
from customer_api.customers.emails import EMAIL_LENGTH, domain_key, email_key
from customer_api.customers.models import GENDERS, SALUTATIONS, CustomerRow
from customer_api.customers.names import name_key
from customer_api.customers.repository import NAMES
from customer_api.jsonapi.email_syntax import is_loosely_email
from customer_api.security.hash_formats.base import HashRefused
from customer_api.security.hashing import LONGEST_PASSWORD
from customer_api.security.password_hashes import to_stored_hash
from customer_api.transfers.cells import (
    CellRefused,
    parse_choice,
    parse_locale,
    parse_past_date,
    parse_past_moment,
    text_parser,
)
from customer_api.transfers.columns import REFERENCE, Column, Columns, parse_reference, refusal
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row

PASSWORD: Final = "password"  # noqa: S105 - name of a column
COLUMNS: Final = (
    REFERENCE,
    "locale_name",
    "phone",
    "email",
    "salutation",
    "first_name",
    "last_name",
    "company",
    "gender",
    "date_of_birth",
    PASSWORD,
    "registered",
)
"""Names in the order of the files of real shops."""

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_EMAIL: Final = "not an e-mail address"

Password = str | SecretStr | None
"""A digest to store as it is, a clear text to be hashed, or none."""


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A row whose every cell is valid."""

    line: int
    reference: Reference
    values: Mapping[str, object]
    """Columns of `customers` that the file has, with their normal forms; None stands for an empty cell."""
    password: Password

    @property
    def keys(self) -> tuple[str]:
        """What the row is known by."""
        return (self.reference,)


def customer_columns(
    *, locales: Collection[str], now: datetime, parse_password: Callable[[str], Password]
) -> Columns:
    """Return the columns, in the order of the files of real shops.

    Args:
        locales: locales of the store, such as `de_DE`.
        now: nobody is born or registered later.
        parse_password: `parse_hash`, or `parse_hash_or_clear_text`.
    """
    table = CustomerRow.__table__
    return Columns(
        (
            Column(REFERENCE, "reference", parse_reference, is_needed=True),
            Column("locale_name", "locale", lambda cell: parse_locale(cell, locales)),
            Column("phone", "phone", text_parser(table.c.phone)),
            Column("email", "email", _parse_email, is_needed=True),
            Column("salutation", "salutation", lambda cell: parse_choice(cell, SALUTATIONS)),
            Column("first_name", "first_name", text_parser(table.c.first_name)),
            Column("last_name", "last_name", text_parser(table.c.last_name)),
            Column("company", "company", text_parser(table.c.company)),
            Column("gender", "gender", lambda cell: parse_choice(cell, GENDERS)),
            Column(
                "date_of_birth", "date_of_birth", lambda cell: parse_past_date(cell, now.date())
            ),
            Column(PASSWORD, "password", parse_password, is_literal=True),
            Column("registered", "registered_at", lambda cell: parse_past_moment(cell, now)),
        )
    )


def parse_customer(columns: Columns, row: Row) -> CustomerRecord | Refusal:
    """Return what a row says of a customer."""
    values = columns.read(row)
    if isinstance(values, Refusal):
        return values
    key = values["email_key"] = email_key(values["email"], _domain_key)
    if len(key) > EMAIL_LENGTH:  # normal forms can be longer than what was typed
        return refusal(row, [f"email: {_NO_EMAIL}"])
    for name in NAMES & values.keys():
        values[f"{name}_key"] = name_key(values[name])
    reference: Any = values.pop("reference")
    return CustomerRecord(row.line, reference, values, values.pop("password", None))


@lru_cache(maxsize=4096)
def _domain_key(domain: str) -> str:
    """Remember domains, most of which come again; they took a third of the time of an import."""
    return domain_key(domain)


def parse_hash(cell: str) -> Password:
    """Return a digest that logins can verify; None for an empty cell."""
    digest = _parse_digest(cell)
    if cell and digest is None:
        raise CellRefused("clear text is refused; use --allow-clear-text-passwords")
    return digest


def parse_hash_or_clear_text(cell: str) -> Password:
    """Return a digest or the clear text; None for an empty cell.

    What looks like a hash that cannot be verified is refused all the same: nobody would ever log in
    with it.
    """
    digest = _parse_digest(cell)
    if digest is not None or not cell:
        return digest
    if _CONTROL.search(cell):
        raise CellRefused("control characters and line breaks are refused")
    if len(cell) > LONGEST_PASSWORD:
        raise CellRefused(f"more than {LONGEST_PASSWORD} characters")
    return SecretStr(cell)


def _parse_digest(cell: str) -> str | None:
    try:
        return to_stored_hash(cell)
    except HashRefused as refusal:
        raise CellRefused(str(refusal)) from refusal


def _parse_email(cell: str) -> str:
    if len(cell) > EMAIL_LENGTH or not is_loosely_email(cell):
        raise CellRefused(_NO_EMAIL)
    return cell
