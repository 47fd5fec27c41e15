"""Registering and confirming."""

import re

import pytest

from tests.contract.texts import (
    ALL_BLANK,
    BLANK,
    CHARACTERS,
    CHOICE,
    FIELDS,
    LONG,
    LONG_EMAIL,
    LONG_NAME,
    LONG_PHONE,
    MISSING,
    NO_DATE,
    NO_EMAIL,
    NO_STRING,
    NOT_TRUE,
    ONE_DATABASE,
    SHORT,
    TAKEN,
)
from tests.shop import OTHER_PASSWORD, PASSWORD, details, only_error, registration

rule = pytest.mark.contract


@rule("cust-1", "cust-6", "cust-7", "doc-2", "doc-6", "doc-8", "link-4")
async def test_registering_answers_with_the_new_customer(shop):
    response = await shop.register(phone="+49 30 1", dateOfBirth="1990-04-30")

    data = response.json()["data"]
    assert response.status_code == 201
    assert list(response.json()) == ["data"]
    assert data["type"] == "customers"
    assert re.fullmatch(r"DE--[0-9A-HJKMNP-TV-Z]{10}", data["id"])
    assert list(data["attributes"].items()) == [
        ("firstName", "Ada"),
        ("lastName", "Example"),
        ("email", "ada@shop.example"),
        ("gender", "Female"),
        ("dateOfBirth", "1990-04-30"),
        ("salutation", "Ms"),
        ("createdAt", "2026-03-14 09:26:53.589793"),
        ("updatedAt", "2026-03-14 09:26:53.589793"),
    ]
    assert data["links"] == {"self": f"http://api.shop.example/v1/customers/{data['id']}"}


@rule("cust-7")
async def test_references_start_with_the_store(open_shop):
    shop = await open_shop(store="AT")

    response = await shop.register()

    assert response.json()["data"]["id"].startswith("AT--")


@ONE_DATABASE
@rule("cust-9", "val-1", "val-2")
async def test_missing_fields_are_told_in_order(shop):
    response = await shop.call("POST", "/customers", {})

    assert details(response) == [f"{name} => {MISSING}" for name in FIELDS]


@ONE_DATABASE
@rule("cust-9", "val-1", "val-6", "val-7", "val-8", "val-13", "val-17")
async def test_blank_fields_are_told_in_order(shop):
    response = await shop.call("POST", "/customers", dict.fromkeys(FIELDS, ""))

    assert details(response) == ALL_BLANK


@ONE_DATABASE
@rule("cust-9", "val-5", "val-6")
@pytest.mark.parametrize("blank", [None, False, []])
async def test_null_false_and_an_empty_list_are_blank(shop, blank):
    response = await shop.call("POST", "/customers", dict.fromkeys(FIELDS, blank))

    assert details(response) == [
        *(f"{name} => {BLANK}" for name in FIELDS[:7]),
        f"acceptedTerms => {NOT_TRUE}",
    ]


@ONE_DATABASE
@rule("cust-9", "val-4")
@pytest.mark.parametrize("value", [0, 5, 1.5, True, {}, {"a": 1}, ["x"]])
async def test_what_is_no_text_is_one_error_in_the_fields_place(shop, value):
    names = [*FIELDS[:7], "dateOfBirth", "phone"]

    response = await shop.call(
        "POST", "/customers", {**dict.fromkeys(names, value), "acceptedTerms": True}
    )

    assert details(response) == [f"{name} => {NO_STRING}" for name in names]


@ONE_DATABASE
@rule("cust-9", "val-1")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        *(
            pytest.param({"email": email}, [f"email => {NO_EMAIL}"], marks=rule("val-10"))
            for email in [
                "test.com",
                "123",
                "xyz",
                "a@b",
                "a@localhost",
                "a b@shop.example",
                "Ada <ada@shop.example>",
                "ada@shop.example\n",
                "a..b@shop.example",
                "ada@[192.0.2.1]",
                '"a b"@shop.example',
                "ädä@shop.example",
                "x" * 65 + "@shop.example",
                "x" * 300 + "@shop.example",
                " ",
            ]
        ),
        *(
            pytest.param({"gender": value}, [f"gender => {CHOICE}"], marks=rule("val-7"))
            for value in ["male", "Other", " Male", " "]
        ),
        *(
            pytest.param({"salutation": value}, [f"salutation => {CHOICE}"], marks=rule("val-7"))
            for value in ["mr", "Sir", "N/A", "Mr."]
        ),
        *(
            pytest.param({name: "ü" * 101}, [f"{name} => {LONG_NAME}"], marks=rule("val-9"))
            for name in ["firstName", "lastName"]
        ),
        *(
            pytest.param(
                {"acceptedTerms": value}, [f"acceptedTerms => {NOT_TRUE}"], marks=rule("val-13")
            )
            for value in [False, "", 0, "true", 2, 1.0, "yes", [], {}, [True]]
        ),
        *(
            pytest.param(
                {"dateOfBirth": value}, [f"dateOfBirth => {NO_DATE}"], marks=rule("val-15")
            )
            for value in [
                "2026-03-15",
                "9999-12-31",
                "1990-02-30",
                "1990-13-01",
                "0000-01-01",
                "30.04.1990",
                "1990-4-30",
                "19900430",
                "1990-04-30T00:00:00Z",
                "x",
                " ",
            ]
        ),
        pytest.param({"phone": "1" * 256}, [f"phone => {LONG_PHONE}"], marks=rule("val-9")),
        pytest.param(
            {"email": "test.com", "password": "Test12!ab", "firstName": ""},
            [f"email => {NO_EMAIL}", f"firstName => {BLANK}", f"password => {SHORT}"],
            marks=rule("val-10"),
        ),
    ],
)
async def test_each_rule_has_its_message(shop, changes, expected):
    response = await shop.call("POST", "/customers", registration() | changes)

    assert details(response) == expected
    assert {(error["status"], error["code"]) for error in response.json()["errors"]} == {
        (422, "901")
    }


@ONE_DATABASE
@rule("policy-1", "val-8", "val-9", "val-12", "cust-9", "err-418", "err-419", "err-420")
@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("Test12!", [f"password => {SHORT}", f"confirmPassword => {SHORT}"]),
        ("Corr3ct-Hor", [f"password => {SHORT}", f"confirmPassword => {SHORT}"]),
        ("A1-" + "ab" * 63, [f"password => {LONG}", f"confirmPassword => {LONG}"]),
        ("corr3ct-horse!", [f"password => {CHARACTERS}"]),
        ("CORR3CT-HORSE!", [f"password => {CHARACTERS}"]),
        ("Correct-Horse!", [f"password => {CHARACTERS}"]),
        ("Corr3ctHorse12", [f"password => {CHARACTERS}"]),
        ("Corr3ct-Hörse!", [f"password => {CHARACTERS}"]),
        ("Corr3ct Horse!", [f"password => {CHARACTERS}"]),
        ("Corr3ct-Horse!\n", [f"password => {CHARACTERS}"]),
        ("Corr3ct-Horse'", [f"password => {CHARACTERS}"]),
        ("Corr٣ct-Horse!", [f"password => {CHARACTERS}"]),
    ],
)
async def test_new_passwords_follow_the_character_rule(shop, password, expected):
    response = await shop.register(password=password, confirmPassword=password)

    assert details(response) == expected


@ONE_DATABASE
@rule("policy-1", "val-12")
@pytest.mark.parametrize(
    "password",
    [
        "Corr3ct-Hors",
        "A1-" + "ab" * 62 + "c",
        *(f"Corr3ctHorse{c}" for c in "!@#$%^&*()_-+=[]{}|;:<>.,/?~\\"),
    ],
)
async def test_passwords_within_the_rules_are_taken(shop, password):
    response = await shop.register(password=password, confirmPassword=password)

    assert response.status_code == 201


@rule("cust-9", "val-7", "val-13", "val-15", "val-5", "val-10")
@pytest.mark.parametrize(
    "changes",
    [
        {"gender": "Male"},
        *({"salutation": value} for value in ["Mr", "Mrs", "Ms", "Dr", "n/a"]),
        {"acceptedTerms": 1},
        {"acceptedTerms": "1"},
        {"dateOfBirth": "2026-03-14"},
        {"dateOfBirth": ""},
        {"dateOfBirth": False},
        {"dateOfBirth": []},
        {"phone": "1" * 255},
        {"firstName": " ", "lastName": "ü" * 100},
        {"email": "ada@shop.test"},
        {"email": "ada+x@bücher.example"},
        {"email": "o'hara@sub.shop.example"},
    ],
)
async def test_valid_values_are_taken(shop, changes):
    response = await shop.call("POST", "/customers", registration() | changes)

    assert response.status_code == 201, response.text


@rule("val-5", "cust-10")
async def test_optional_blanks_are_stored_as_null(shop):
    response = await shop.call(
        "POST", "/customers", registration() | {"dateOfBirth": False, "phone": None}
    )

    assert response.json()["data"]["attributes"]["dateOfBirth"] is None


@rule("cust-10")
async def test_a_shop_can_demand_less(open_shop):
    shop = await open_shop(required_fields=())

    response = await shop.call(
        "POST", "/customers", {"email": "ada@shop.example", "password": PASSWORD}
    )

    attributes = response.json()["data"]["attributes"]
    assert response.status_code == 201
    assert [name for name, value in attributes.items() if value is None] == [
        "firstName",
        "lastName",
        "gender",
        "dateOfBirth",
        "salutation",
    ]


@ONE_DATABASE
@rule("cust-10")
async def test_a_shop_can_demand_more(open_shop):
    shop = await open_shop(required_fields=("phone", "dateOfBirth", "lastName"))

    response = await shop.call("POST", "/customers", {})

    names = ["email", "lastName", "password", "dateOfBirth", "phone"]
    assert details(response) == [f"{name} => {MISSING}" for name in names]


@ONE_DATABASE
@rule("cust-10", "cust-11")
async def test_optional_fields_follow_their_rules_all_the_same(open_shop):
    shop = await open_shop(required_fields=())

    blank = await shop.call("POST", "/customers", dict.fromkeys(FIELDS, ""))
    different = await shop.call(
        "POST",
        "/customers",
        {"email": "a@b.example", "password": PASSWORD, "confirmPassword": OTHER_PASSWORD},
    )

    assert details(blank) == ALL_BLANK
    assert only_error(different)[:2] == (422, "406")


@rule("cust-11", "err-406", "err-417", "err-421", "err-422", "err-400")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"confirmPassword": OTHER_PASSWORD, "email": LONG_EMAIL},
            (
                422,
                "406",
                "Value in field password should be identical to value in the confirmPassword field.",
            ),
        ),
        (
            {
                "email": LONG_EMAIL,
                "password": "Corrr3ct-Horse!",
                "confirmPassword": "Corrr3ct-Horse!",
            },
            (422, "417", "Email is too long. It should have 100 characters or less."),
        ),
        (
            {"password": "Corrr3ct-Horse!", "confirmPassword": "Corrr3ct-Horse!"},
            (400, "421", "The password contains sequence of the same character."),
        ),
        (
            {"password": "Password123!", "confirmPassword": "Password123!"},
            (400, "422", "The password is listed as common."),
        ),
        ({}, TAKEN),
        ({"email": "ADA@shop.EXAMPLE"}, TAKEN),
    ],
)
async def test_refusals_of_a_registration_come_in_order(shop, changes, expected):
    await shop.account()

    response = await shop.register(**changes)

    assert only_error(response) == expected


@rule("cust-11", "err-417")
async def test_an_email_of_a_hundred_characters_is_taken(shop):
    email = "x" * 60 + "@" + "y" * 31 + ".example"

    response = await shop.register(email=email)

    assert len(email) == 100
    assert response.status_code == 201


@ONE_DATABASE
@rule("policy-2", "policy-3", "policy-4", "policy-5", "err-421", "err-422")
@pytest.mark.parametrize(
    ("settings", "password", "expected"),
    [
        ({"password_pattern": ""}, "correct horse battery", 201),
        ({"password_pattern": ""}, "пароль не угадать", 201),
        ({"password_pattern": ""}, "short", 422),
        ({"password_pattern": "^[a-z]*$"}, "Corr3ct-Horse!", 422),
        ({"password_pattern": "", "password_min_length": 8}, "horsebat", 201),
        ({"password_pattern": "", "password_min_length": 8}, "password", "422"),
        ({"password_pattern": "", "password_min_length": 8}, "QWERTYUIOP", "422"),
        ({"password_pattern": ""}, "baaad horse battery", "421"),
        ({"password_pattern": "", "password_sequence_limit": 0}, "baaad horse battery", 201),
        ({"password_sequence_limit": 5}, "Corrrr3ct-Horse!", 201),
        ({"password_sequence_limit": 5}, "Corrrrr3ct-Horse!", "421"),
        ({"password_deny_list": ("corr3ct-horse!",)}, PASSWORD, "422"),
        ({"password_pattern": ""}, "ada@shop.example", "422"),
        ({"password_allow_list": ("Passsword123!",)}, "Passsword123!", 201),
        ({"password_allow_list": ("Passsword123!",)}, "Passsword123?", "421"),
        ({"password_allow_list": ("change123",)}, "change123", 422),
    ],
)
async def test_the_password_policy_is_a_matter_of_settings(open_shop, settings, password, expected):
    shop = await open_shop(**settings)

    response = await shop.register(password=password, confirmPassword=password)

    if isinstance(expected, str):
        assert only_error(response)[:2] == (400, expected)
    else:
        assert response.status_code == expected
