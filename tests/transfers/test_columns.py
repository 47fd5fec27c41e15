import pytest

from customer_api.transfers.cells import CellRefused
from customer_api.transfers.columns import REFERENCE, Column, Columns, parse_reference
from customer_api.transfers.report import Refusal
from customer_api.transfers.rows import Row


def parse_number(cell):
    if not cell.isdecimal():
        raise CellRefused("not a number")
    return int(cell)


COLUMNS = Columns(
    (
        Column(REFERENCE, "reference", parse_reference, is_needed=True),
        Column("count", "number", parse_number),
        Column("is_new", "newness", str, json=bool),
        Column("items", "parts", lambda cell: cell, json=list),
        Column("secret", "secret", str, is_literal=True),
    )
)


def read(**cells):
    return COLUMNS.read(Row(7, {REFERENCE: "DE--1", **cells}))


def test_values_are_read_by_attribute_and_missing_columns_are_none():
    assert read(count="12") == {"reference": "DE--1", "number": 12}


def test_json_has_more_than_texts_where_the_column_has():
    assert read(is_new=True, items=[{"a": 1}], secret=None) == {
        "reference": "DE--1",
        "newness": "true",
        "parts": [{"a": 1}],
        "secret": "",
    }
    assert read(is_new=False) == {"reference": "DE--1", "newness": "false"}


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"count": "x"}, "count: not a number"),
        ({"count": 1}, "count: must be a string or null"),
        ({"secret": True}, "secret: must be a string or null"),
        ({"is_new": 1}, "is_new: must be true, false or null"),
        ({"items": {}}, "items: must be an array or null"),
        ({"fax": "1", "count": "x"}, "fax: no such column; count: not a number"),
        ({"ada@shop.example": "1"}, "a name: no such column"),
    ],
)
def test_a_row_is_refused_with_every_reason_and_without_what_it_holds(cells, reason):
    assert read(**cells) == Refusal(7, "DE--1", reason)


def test_an_object_without_a_needed_member_is_refused():
    assert COLUMNS.read(Row(7, {})) == Refusal(7, None, "customer_reference: missing")


@pytest.mark.parametrize("reference", [1, None, ["DE--1"], "DE 1"])
def test_a_refusal_names_well_formed_references_alone(reference):
    refusal = COLUMNS.read(Row(7, {REFERENCE: reference}))

    assert refusal.reference is None
    assert refusal.reason.startswith("customer_reference: must be ")


def test_columns_know_which_of_them_no_mark_is_taken_off():
    assert COLUMNS.literal == {"secret"}
    assert COLUMNS.names == (REFERENCE, "count", "is_new", "items", "secret")
