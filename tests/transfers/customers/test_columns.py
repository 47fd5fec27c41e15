from datetime import UTC, date, datetime

import pytest
from pydantic import SecretStr

from customer_api.transfers.customers.columns import (
    CustomerRecord,
    customer_columns,
    parse_customer,
    parse_hash,
    parse_hash_or_clear_text,
)
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import FileUnusable, Row
from tests.shop import START
from tests.transfers.files import BCRYPT, customer, only

CLEAR_TEXT = "clear text is refused; use --allow-clear-text-passwords"
UNKNOWN_HASH = "a hash of a kind that cannot be verified"


def columns(*, parse_password=parse_hash):
    return customer_columns(locales=("en_US", "de_DE"), now=START, parse_password=parse_password)


def parse(row, **options):
    return parse_customer(columns(**options), Row(2, row))


def test_a_whole_row_is_read():
    assert parse(customer(1)) == CustomerRecord(
        line=2,
        reference="DE--1",
        values={
            "locale": "de_DE",
            "phone": "030-1234",
            "email": "Person.1@shop.example",
            "email_key": "person.1@shop.example",
            "salutation": "Ms",
            "first_name": "Ada",
            "last_name": "Example",
            "first_name_key": "ada",
            "last_name_key": "example",
            "company": "Example Ltd",
            "gender": "Female",
            "date_of_birth": date(1980, 1, 2),
            "registered_at": datetime(2020, 6, 24, tzinfo=UTC),
        },
        password=BCRYPT,
    )


def test_columns_come_in_any_order():
    row = customer(1)

    assert parse(dict(reversed(row.items()))) == parse(row)


def test_a_missing_column_is_no_value():
    record = parse(only(customer(1), "phone"))

    assert set(record.values) == {"email", "email_key", "phone"}
    assert record.password is None


def test_an_empty_cell_is_none():
    row = customer(1)

    record = parse(dict.fromkeys(row, "") | only(row))

    assert record.values == dict.fromkeys(parse(row).values) | {
        "email": "Person.1@shop.example",
        "email_key": "person.1@shop.example",
        "first_name_key": "",
        "last_name_key": "",
    }
    assert record.password is None


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        (["customer_reference", "email", "Fax"], "unknown column Fax; known are, between commas: "),
        (["DE--1", "ada@shop.example"], "unknown column number 1; known are"),
        (["customer_reference;email"], "unknown column number 1; known are"),
        (["customer_reference"], "the column email is missing$"),
        (["email"], "the column customer_reference is missing$"),
        (["customer_reference", "email", "email"], "the column email is there twice$"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(header, problem):
    with pytest.raises(FileUnusable, match=f"^{problem}"):
        columns().check(header)


REFERENCE = "customer_reference: must be 1 to 64 letters, digits, dots, hyphens or underscores"


@pytest.mark.parametrize(
    ("cell", "text", "reason"),
    [
        ("customer_reference", "", REFERENCE),
        ("customer_reference", "DE 1", REFERENCE),
        ("customer_reference", "D" * 65, REFERENCE),
        ("customer_reference", "DÉ--1", REFERENCE),
        ("email", "", "email: not an e-mail address"),
        ("email", "ada@localhost", "email: not an e-mail address"),
        ("email", "a" * 308 + "@shop.example", "email: not an e-mail address"),
        ("email", "\ufdfa" * 100 + "@shop.example", "email: not an e-mail address"),
        ("locale_name", "fr_FR", "locale_name: not a locale of the store"),
        ("salutation", "Sir", "salutation: must be empty or one of Mr, Mrs, Ms, Dr, n/a"),
        ("gender", "f", "gender: must be empty or one of Male, Female"),
        ("date_of_birth", "1980-13-01", "date_of_birth: not a date (YYYY-MM-DD)"),
        ("date_of_birth", "2026-03-15", "date_of_birth: in the future"),
        ("registered", "2026-03-15", "registered: in the future"),
        ("first_name", "x" * 101, "first_name: more than 100 characters"),
        ("last_name", "x" * 101, "last_name: more than 100 characters"),
        ("company", "x" * 101, "company: more than 100 characters"),
        ("phone", "1" * 256, "phone: more than 255 characters"),
        ("password", "change123", f"password: {CLEAR_TEXT}"),
        ("password", "$1$salt$checksum", f"password: {UNKNOWN_HASH}"),
        ("first_name", "A\0", "first_name: NUL characters are refused"),
        ("email", "ada\t@shop.example", "email: not an e-mail address"),
    ],
)
def test_a_bad_cell_refuses_its_row(cell, text, reason):
    refusal = parse(customer(1, **{cell: text}))

    reference = None if cell == "customer_reference" else "DE--1"
    assert refusal == Refusal(2, reference, reason)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("customer_reference", "D" * 64),
        ("email", "a" * 307 + "@shop.example"),
        ("first_name", "x" * 100),
        ("phone", "1" * 255),
    ],
)
def test_the_longest_texts_are_taken(cell, text):
    record = parse(customer(1, **{cell: text}))

    values = {**record.values, "customer_reference": record.reference}
    assert values[cell] == text


def test_all_bad_cells_are_named():
    refusal = parse(customer(1, gender="f", email="ada"))

    assert refusal.reason == (
        "email: not an e-mail address; gender: must be empty or one of Male, Female"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("$2y$04$" + "x" * 53, "not a whole bcrypt hash"),
        ("$argon2id$v=19$m=8", "not a whole argon2 hash"),
        ("{SSHA}c2FsdA", "not a whole LDAP hash"),
        ("$2y$17$" + BCRYPT[7:], "bcrypt of too high a cost (at most cost 16)"),
        ("{MD5}X03MO1qnZdYdgyfeuILPmQ==", UNKNOWN_HASH),
        ("md5$salt$5f4dcc3b5aa765d61d8327deb882cf99", UNKNOWN_HASH),
        ("5f4dcc3b5aa765d61d8327deb882cf99", UNKNOWN_HASH),
        ("5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8", UNKNOWN_HASH),
    ],
)
@pytest.mark.parametrize("parse_password", [parse_hash, parse_hash_or_clear_text])
def test_a_hash_that_cannot_be_verified_is_never_taken_for_clear_text(text, reason, parse_password):
    refusal = parse(customer(1, password=text), parse_password=parse_password)

    assert refusal == Refusal(2, "DE--1", f"password: {reason}")


def test_clear_text_is_taken_on_demand_and_not_shown():
    record = parse(customer(1, password="change123"), parse_password=parse_hash_or_clear_text)

    assert record.password == SecretStr("change123")
    assert "change123" not in repr(record)


def test_a_clear_text_with_a_line_break_is_taken_for_a_fault_of_the_file():
    refusal = parse(customer(1, password="one\ntwo"), parse_password=parse_hash_or_clear_text)

    assert refusal.reason == "password: control characters and line breaks are refused"


@pytest.mark.parametrize(("text", "password"), [("", None), (BCRYPT, BCRYPT)])
def test_hashes_and_empty_cells_stay_what_they_are_where_clear_text_is_taken(text, password):
    record = parse(customer(1, password=text), parse_password=parse_hash_or_clear_text)

    assert record.password == password


def test_a_clear_text_that_is_too_long_to_be_hashed_is_refused():
    refusal = parse(customer(1, password="x" * 4097), parse_password=parse_hash_or_clear_text)

    assert refusal.reason == "password: more than 4096 characters"
