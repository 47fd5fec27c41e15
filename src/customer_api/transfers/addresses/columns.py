"""The columns of a file of addresses, and what may stand in their cells."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from customer_api.addresses.models import AddressRow
from customer_api.core.ids import Reference
from customer_api.customers.models import SALUTATIONS
from customer_api.transfers.cells import (
    CellRefused,
    parse_choice,
    parse_flag,
    parse_uuid,
    text_parser,
)
from customer_api.transfers.columns import REFERENCE, Column, Columns, parse_reference, refusal
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row

FIELDS: Final = (
    "salutation",
    "first_name",
    "last_name",
    "address1",
    "address2",
    "address3",
    "zip_code",
    "city",
    "country_code",
    "company",
    "phone",
    "comment",
)
"""Columns of `addresses` that a file can bring along, under the same names."""
ROLES: Final = ("is_default_billing", "is_default_shipping")
UUID: Final = "address_uuid"
COLUMNS: Final = (UUID, REFERENCE, *FIELDS, *ROLES)


@dataclass(frozen=True, slots=True)
class AddressRecord:
    """A row whose every cell is valid."""

    line: int
    reference: Reference
    uuid: str | None
    """None for an address that is known by its content."""
    values: Mapping[str, object]
    """`FIELDS` that the file has; None stands for an empty cell."""
    roles: tuple[bool | None, bool | None]
    """Whether it is the default for billing and for shipping; None where the file does not say."""

    @property
    def keys(self) -> tuple[str, ...]:
        """What the row is known by."""
        return () if self.uuid is None else (self.uuid,)


def address_columns(is_known_country: Callable[[str], bool]) -> Columns:
    """Return the columns in the order in which they are written."""

    def parse_country(cell: str) -> str | None:
        if cell and not is_known_country(cell):
            raise CellRefused("not the code of a country (ISO 3166-1 alpha-2)")
        return cell or None

    parsers: dict[str, Callable[[str], object]] = {
        name: text_parser(AddressRow.__table__.c[name]) for name in FIELDS
    }
    parsers["salutation"] = lambda cell: parse_choice(cell, SALUTATIONS)
    parsers["country_code"] = parse_country
    return Columns(
        (
            Column(UUID, "uuid", parse_uuid),
            Column(REFERENCE, "reference", parse_reference, is_needed=True),
            *(Column(name, name, parsers[name]) for name in FIELDS),
            *(Column(name, name, parse_flag, json=bool) for name in ROLES),
        )
    )


def parse_address(columns: Columns, row: Row) -> AddressRecord | Refusal:
    """Return what a row says of an address."""
    values = columns.read(row)
    if isinstance(values, Refusal):
        return values
    reference: Any = values.pop("reference")
    uuid = values.pop("uuid", None)
    roles = (values.pop(ROLES[0], None), values.pop(ROLES[1], None))
    if values and not any(values.values()):
        return refusal(row, ["the address is empty"])
    return AddressRecord(row.line, reference, uuid, values, roles)
