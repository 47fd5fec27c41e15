import pytest

from customer_api.api.v1 import countries
from customer_api.transfers.addresses.columns import AddressRecord, address_columns, parse_address
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row
from tests.transfers.files import address


def parse(row):
    return parse_address(address_columns(countries.is_known), Row(2, row))


def test_a_whole_row_is_read():
    record = parse(address(1, is_default_billing="true"))

    assert record == AddressRecord(
        line=2,
        reference="DE--1",
        uuid="00000000-0000-4000-8000-000000000001",
        values={
            "salutation": "Ms",
            "first_name": "Ada",
            "last_name": "Example",
            "address1": "Example Street",
            "address2": "1",
            "address3": None,
            "zip_code": "10115",
            "city": "Berlin",
            "country_code": "DE",
            "company": None,
            "phone": "030-1234",
            "comment": None,
        },
        roles=(True, False),
    )


@pytest.mark.parametrize("uuid", ["", "00000000-0000-4000-8000-00000000000A"])
def test_a_uuid_may_be_missing_and_is_written_in_small_letters(uuid):
    assert parse(address(1, address_uuid=uuid)).uuid == (uuid.lower() or None)


def test_roles_and_uuid_need_no_columns():
    record = parse({"customer_reference": "DE--1", "city": "Berlin"})

    assert (record.uuid, record.keys, record.values, record.roles) == (
        None,
        (),
        {"city": "Berlin"},
        (None, None),
    )


@pytest.mark.parametrize(
    ("cell", "value", "flag"),
    [
        ("is_default_billing", "1", True),
        ("is_default_billing", "", None),
        ("is_default_billing", True, True),
        ("is_default_billing", False, False),
        ("is_default_billing", None, None),
    ],
)
def test_roles_are_read_from_texts_and_from_json(cell, value, flag):
    assert parse(address(1, **{cell: value})).roles == (flag, False)


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        ("address_uuid", "1", "address_uuid: not a UUID"),
        ("salutation", "Sir", "salutation: must be empty or one of Mr, Mrs, Ms, Dr, n/a"),
        ("country_code", "de", "country_code: not the code of a country (ISO 3166-1 alpha-2)"),
        ("country_code", "XX", "country_code: not the code of a country (ISO 3166-1 alpha-2)"),
        ("zip_code", "1" * 16, "zip_code: more than 15 characters"),
        ("comment", "x" * 256, "comment: more than 255 characters"),
        ("is_default_billing", "yes", "is_default_billing: must be empty, true or false"),
    ],
)
def test_a_bad_cell_refuses_its_row(cell, value, reason):
    assert parse(address(1, **{cell: value})) == Refusal(2, "DE--1", reason)


def test_an_address_of_nothing_is_refused():
    row = dict.fromkeys(address(1), "") | {"customer_reference": "DE--1"}

    assert parse(row) == Refusal(2, "DE--1", "the address is empty")
