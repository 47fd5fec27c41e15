"""Fields: order of messages, what was sent as the program sees it, and their JSON Schema."""

from datetime import date

import pytest

from customer_api.jsonapi.constraints import (
    Choice,
    Country,
    Date,
    Email,
    IsTrue,
    Length,
    NotBlank,
    PastDate,
    Regex,
    StrictEmail,
    TypeBool,
)
from customer_api.jsonapi.validation import Field, Fields, Violation

TODAY = date(2026, 3, 1)

SIGN_UP = Fields(
    Field("email", NotBlank(), StrictEmail()),
    Field("gender", NotBlank(), Choice("Male", "Female")),
    Field("firstName", NotBlank(), Length(max=100)),
    Field("password", NotBlank(), Length(12, 128), Regex("^[a-z]*$", "Letters only.")),
    Field("acceptedTerms", IsTrue(), type="boolean"),
    Field("dateOfBirth", PastDate(), required=False),
    Field("phone", Length(max=255), required=False),
)
GOOD = {
    "email": "sonia@acme.com",
    "gender": "Female",
    "firstName": "Sonia",
    "password": "abcdefghijkl",
    "acceptedTerms": True,
}


def faults(fields, attributes):
    return [str(violation) for violation in fields.violations(attributes, today=TODAY)]


def fault_of(value, *constraints, **options):
    return faults(Fields(Field("x", *constraints, **options)), {"x": value})


def test_good_attributes_have_no_violations():
    assert faults(SIGN_UP, {**GOOD, "country": 7}) == []


def test_absent_required_fields_are_missing_in_the_order_of_declaration():
    assert SIGN_UP.violations({}, today=TODAY) == tuple(
        Violation(name, "This field is missing.")
        for name in ("email", "gender", "firstName", "password", "acceptedTerms")
    )


def test_empty_strings_break_rules_in_the_order_of_each_field():
    assert faults(SIGN_UP, dict.fromkeys([*GOOD, "dateOfBirth", "phone"], "")) == [
        "email => This value should not be blank.",
        "gender => This value should not be blank.",
        "gender => The value you selected is not a valid choice.",
        "firstName => This value should not be blank.",
        "password => This value should not be blank.",
        "password => This value is too short. It should have 12 characters or more.",
        "acceptedTerms => This value should be true.",
    ]


def test_a_bad_email_is_told_before_a_short_password():
    messages = faults(SIGN_UP, {**GOOD, "password": "abcdefghi", "email": "test.com"})

    assert messages == [
        "email => This value is not a valid email address.",
        "password => This value is too short. It should have 12 characters or more.",
    ]


def test_an_optional_field_that_is_sent_follows_its_rules():
    assert faults(SIGN_UP, {**GOOD, "dateOfBirth": "2026-03-02"}) == [
        "dateOfBirth => This value is not a valid date."
    ]


@pytest.mark.parametrize("value", [None, False, []])
def test_blank_values_are_one_fault_where_blank_is_refused(value):
    assert fault_of(value, NotBlank(), Length(12, 128), Choice("a")) == [
        "x => This value should not be blank."
    ]


@pytest.mark.parametrize("value", [None, False, []])
def test_blank_values_are_null_where_blank_is_fine(value):
    fields = Fields(Field("x", Length(2, 3), Choice("ab"), Email(), required=False))

    assert faults(fields, {"x": value}) == []
    assert fields.parse({"x": value}) == {"x": None}


@pytest.mark.parametrize("value", [0, 1, 1.5, True, {}, {"a": 1}, [""], ["a"]])
def test_a_string_field_takes_no_other_type(value):
    assert fault_of(value, NotBlank(), Length(12, 128)) == [
        "x => This value should be of type string."
    ]
    assert fault_of(value, required=False) == ["x => This value should be of type string."]


def test_a_boolean_field_follows_its_own_rules_only():
    assert fault_of("", TypeBool(), type="boolean") == ["x => This value should be of type bool."]
    assert fault_of([], TypeBool(), type="boolean") == ["x => This value should be of type bool."]
    assert fault_of(None, TypeBool(), type="boolean") == []


def test_parsing_returns_what_was_sent_and_declared():
    assert SIGN_UP.parse({"firstName": "", "country": "Germany"}) == {"firstName": ""}


@pytest.mark.parametrize("consent", [True, 1, "1"])
def test_an_accepted_consent_is_true(consent):
    assert SIGN_UP.parse({"acceptedTerms": consent})["acceptedTerms"] is True


@pytest.mark.parametrize(
    ("sent", "day"), [("1980-02-29", date(1980, 2, 29)), ("", None), (None, None), (False, None)]
)
def test_a_date_is_a_day_or_none(sent, day):
    assert SIGN_UP.parse({"dateOfBirth": sent}) == {"dateOfBirth": day}


@pytest.mark.parametrize("sent", [True, False, None])
def test_a_boolean_stays_what_it_is(sent):
    fields = Fields(Field("isDefaultBilling", TypeBool(), type="boolean"))

    assert fields.parse({"isDefaultBilling": sent})["isDefaultBilling"] is sent


def test_the_schema_describes_fields_and_names_the_required_ones():
    fields = Fields(
        Field("email", NotBlank(), StrictEmail(), description="Login name.", example="a@b.de"),
        Field("gender", NotBlank(), Choice("Male", "Female")),
        Field("password", NotBlank(), Length(12, 128), Regex("^a*$", "")),
        Field("acceptedTerms", IsTrue(), type="boolean", example=True),
        Field("dateOfBirth", PastDate(), required=False),
    )

    assert fields.json_schema() == {
        "type": "object",
        "properties": {
            "email": {
                "type": "string",
                "minLength": 1,
                "format": "email",
                "description": "Login name.",
                "examples": ["a@b.de"],
            },
            "gender": {"type": "string", "minLength": 1, "enum": ["Male", "Female"]},
            "password": {"type": "string", "minLength": 12, "maxLength": 128, "pattern": "^a*$"},
            "acceptedTerms": {"type": "boolean", "const": True, "examples": [True]},
            "dateOfBirth": {"type": ["string", "null"], "format": "date"},
        },
        "required": ["email", "gender", "password", "acceptedTerms"],
    }


@pytest.mark.parametrize(
    ("field", "schema"),
    [
        (Field("x"), {"type": ["string", "null"]}),
        (Field("x", Length(max=5)), {"type": ["string", "null"], "maxLength": 5}),
        (Field("x", Choice("a")), {"type": ["string", "null"], "enum": ["a", None]}),
        (Field("x", Email()), {"type": ["string", "null"], "format": "email"}),
        (Field("x", Date()), {"type": ["string", "null"], "format": "date"}),
        (Field("x", NotBlank(), Country(bool)), {"type": "string", "minLength": 1}),
        (Field("x", TypeBool(), type="boolean"), {"type": ["boolean", "null"]}),
    ],
)
def test_the_schema_allows_null_where_the_rules_do(field, schema):
    assert field.json_schema() == schema


def test_a_schema_asked_for_twice_is_the_same():
    field = Field("x", Choice("a"))

    assert field.json_schema() == field.json_schema()
