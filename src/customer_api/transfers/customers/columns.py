"""The columns of a file of customers, and what may stand in their cells."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from pydantic import SecretStr
from sqlalchemy import String

from customer_api.core.ids import Reference
from customer_api.customers.emails import EMAIL_LENGTH, email_key
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
    parse_text,
)
from customer_api.transfers.csv_rows import CsvRow, FileUnusable
from customer_api.transfers.report import Refusal

REFERENCE: Final = "customer_reference"
PASSWORD: Final = "password"  # noqa: S105 - name of a column
ATTRIBUTES: Final = {
    REFERENCE: "reference",
    "locale_name": "locale",
    "phone": "phone",
    "email": "email",
    "salutation": "salutation",
    "first_name": "first_name",
    "last_name": "last_name",
    "company": "company",
    "gender": "gender",
    "date_of_birth": "date_of_birth",
    PASSWORD: "password",
    "registered": "registered_at",
}
"""Name in the file to name in the program, in the order of the files of real shops."""
NEEDED: Final = (REFERENCE, "email")


_REFERENCE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_EMAIL: Final = "not an e-mail address"
_COLUMN_NAME: Final = re.compile(r"[A-Za-z_]{1,40}")

Password = str | SecretStr | None
"""A digest to store as it is, a clear text to be hashed, or none."""
Parser = Callable[[str], object]
"""Turns a cell into a value, or raises `CellRefused`."""


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A row whose every cell is valid."""

    line: int
    reference: Reference
    values: Mapping[str, object]
    """Columns of `customers` that the file has, with their normal forms; None stands for an empty cell."""
    password: Password


class CustomerColumns:
    """Reads rows of one file."""

    def __init__(
        self,
        header: Sequence[str],
        *,
        locales: Collection[str],
        now: datetime,
        parse_password: Callable[[str], Password],
    ) -> None:
        """Find the columns.

        Args:
            header: names of the file's columns, in any order; a missing one is left untouched.
            locales: locales of the store, such as `de_DE`.
            now: nobody is born or registered later.
            parse_password: `parse_hash`, or `parse_hash_or_clear_text`.

        Raises:
            FileUnusable: a column is unknown, needed and missing, or there twice.
        """
        _check_header(header)
        parsers: dict[str, Parser] = {
            REFERENCE: _parse_reference,
            "locale_name": lambda cell: parse_locale(cell, locales),
            "email": _parse_email,
            "salutation": lambda cell: parse_choice(cell, SALUTATIONS),
            "gender": lambda cell: parse_choice(cell, GENDERS),
            "date_of_birth": lambda cell: parse_past_date(cell, now.date()),
            PASSWORD: parse_password,
            "registered": lambda cell: parse_past_moment(cell, now),
        }
        parsers |= {name: _text_parser(name) for name in ATTRIBUTES if name not in parsers}
        self._columns = tuple((name, ATTRIBUTES[name], parsers[name]) for name in header)
        self._reference_index = tuple(header).index(REFERENCE)

    def parse(self, row: CsvRow) -> CustomerRecord | Refusal:
        """Return the row's values, or a refusal that names every bad cell."""
        if _CONTROL.search("".join(row.cells)):
            return self._refusal(row, ["control characters and line breaks are refused"])
        problems = []
        values: dict[str, object] = {}
        for (name, attribute, parser), cell in zip(self._columns, row.cells, strict=True):
            try:
                values[attribute] = parser(cell)
            except CellRefused as problem:
                problems.append(f"{name}: {problem}")
        if problems:
            return self._refusal(row, problems)
        key = values["email_key"] = email_key(str(values["email"]))
        if len(key) > EMAIL_LENGTH:  # normal forms can be longer than what was typed
            return self._refusal(row, [f"email: {_NO_EMAIL}"])
        for name in NAMES & values.keys():
            values[f"{name}_key"] = name_key(cast("str | None", values[name]))
        reference = Reference(str(values.pop("reference")))
        return CustomerRecord(row.line, reference, values, _password(values))

    def _refusal(self, row: CsvRow, problems: Iterable[str]) -> Refusal:
        reference = row.cells[self._reference_index]
        known = reference if _REFERENCE.fullmatch(reference) else None
        return Refusal(row.line, known, "; ".join(problems))


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
    if len(cell) > LONGEST_PASSWORD:
        raise CellRefused(f"more than {LONGEST_PASSWORD} characters")
    return SecretStr(cell)


def _parse_digest(cell: str) -> str | None:
    try:
        return to_stored_hash(cell)
    except HashRefused as refusal:
        raise CellRefused(str(refusal)) from refusal


def _password(values: dict[str, object]) -> Password:
    password = values.pop("password", None)
    assert password is None or isinstance(password, str | SecretStr)
    return password


def _check_header(header: Sequence[str]) -> None:
    for number, name in enumerate(header, start=1):
        if name not in ATTRIBUTES:
            # Without a header this is a cell of the first customer, which is not to be shown.
            shown = name if _COLUMN_NAME.fullmatch(name) else f"number {number}"
            known = ", ".join(ATTRIBUTES)
            raise FileUnusable(f"unknown column {shown}; known are, between commas: {known}")
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise FileUnusable(f"the column {missing[0]} is missing")
    repeated = [name for name in header if header.count(name) > 1]
    if repeated:
        raise FileUnusable(f"the column {repeated[0]} is there twice")


def _text_parser(name: str) -> Parser:
    kind = CustomerRow.__table__.c[ATTRIBUTES[name]].type
    assert isinstance(kind, String)
    longest = kind.length
    assert longest is not None
    return lambda cell: parse_text(cell, longest)


def _parse_reference(cell: str) -> str:
    if not _REFERENCE.fullmatch(cell):
        raise CellRefused("must be 1 to 64 letters, digits, dots, hyphens or underscores")
    return cell


def _parse_email(cell: str) -> str:
    if len(cell) > EMAIL_LENGTH or not is_loosely_email(cell):
        raise CellRefused(_NO_EMAIL)
    return cell
