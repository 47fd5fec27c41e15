"""Files of customers, made for one test each."""

import csv
import io
from collections.abc import Mapping

from passlib.hash import bcrypt

PASSWORD = "change123"
# A fixed salt, so that all test processes collect the same tests.
_FIXED = bcrypt.using(rounds=4, ident="2y", salt="abcdefghijklmnopqrstuu")
BCRYPT = _FIXED.hash(PASSWORD)
OTHER_BCRYPT = _FIXED.hash("another456")


def customer(number: int = 1, **changes: str) -> dict[str, str]:
    """Return a valid row with every column; arguments replace cells."""
    return {
        "customer_reference": f"DE--{number}",
        "locale_name": "de_DE",
        "phone": "030-1234",
        "email": f"Person.{number}@shop.example",
        "salutation": "Ms",
        "first_name": "Ada",
        "last_name": "Example",
        "company": "Example Ltd",
        "gender": "Female",
        "date_of_birth": "1980-01-02",
        "password": BCRYPT,
        "registered": "2020-06-24",
    } | changes


def only(row: Mapping[str, str], *columns: str) -> dict[str, str]:
    """Return some cells of a row."""
    return {name: row[name] for name in ("customer_reference", "email", *columns)}


def customers_file(*rows: Mapping[str, str]) -> bytes:
    """Return a file; its columns are those of the first row, without rows all."""
    text = io.StringIO()
    has_returns = any("\r" in "".join(row.values()) for row in rows)
    writer = csv.DictWriter(
        text,
        fieldnames=list(rows[0] if rows else customer()),
        lineterminator="\n",
        quoting=csv.QUOTE_ALL if has_returns else csv.QUOTE_MINIMAL,
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def address(number: int = 1, owner: int = 1, **changes: str) -> dict[str, str]:
    """Return a valid row with every column; arguments replace cells."""
    return {
        "address_uuid": f"00000000-0000-4000-8000-{number:012}",
        "customer_reference": f"DE--{owner}",
        "salutation": "Ms",
        "first_name": "Ada",
        "last_name": "Example",
        "address1": "Example Street",
        "address2": str(number),
        "address3": "",
        "zip_code": "10115",
        "city": "Berlin",
        "country_code": "DE",
        "company": "",
        "phone": "030-1234",
        "comment": "",
        "is_default_billing": "false",
        "is_default_shipping": "false",
    } | changes
