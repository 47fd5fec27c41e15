"""The profile, and deleting it."""

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
    NO_DATE,
    NO_EMAIL,
    NO_STRING,
    ONE_DATABASE,
    SHORT,
    TAKEN,
)
from tests.shop import OTHER_PASSWORD, PASSWORD, details, only_error

rule = pytest.mark.contract
NOT_OWN = (403, "411", "Unauthorized request.")
NOT_FOUND = (404, "402", "Customer not found.")
DIFFERENT = (
    422,
    "406",
    "Value in field password should be identical to value in the confirmPassword field.",
)


async def change(shop, account, **attributes):
    return await shop.call("PATCH", f"/customers/{account.reference}", attributes, by=account)


async def profile(shop, account):
    response = await shop.call("GET", f"/customers/{account.reference}", by=account)
    assert response.status_code == 200
    return response.json()["data"]["attributes"]


@rule("cust-2", "cust-3", "doc-4")
async def test_the_list_of_customers_is_the_caller(shop):
    account = await shop.account()
    await shop.account("grace@shop.example")

    listed = await shop.call("GET", "/customers", by=account)
    read = await shop.call("GET", f"/customers/{account.reference}", by=account)

    assert listed.status_code == read.status_code == 200
    assert listed.json()["data"] == [read.json()["data"]]
    assert read.json()["data"]["id"] == account.reference


@rule("cust-4", "cust-20", "cust-6", "doc-8")
async def test_a_change_answers_with_the_whole_customer(shop):
    account = await shop.account()
    shop.clock.advance(seconds=5)

    response = await change(
        shop, account, firstName="Augusta", dateOfBirth="1815-12-10", salutation="Dr"
    )

    assert response.status_code == 200
    assert list(response.json()["data"]["attributes"].items()) == [
        ("firstName", "Augusta"),
        ("lastName", "Example"),
        ("email", "ada@shop.example"),
        ("gender", "Female"),
        ("dateOfBirth", "1815-12-10"),
        ("salutation", "Dr"),
        ("createdAt", "2026-03-14 09:26:53.589793"),
        ("updatedAt", "2026-03-14 09:26:58.589793"),
    ]
    assert await profile(shop, account) == response.json()["data"]["attributes"]


@rule("cust-20", "val-5")
@pytest.mark.parametrize("blank", [None, "", False, []])
async def test_a_date_of_birth_can_be_emptied(shop, blank):
    account = await shop.account(dateOfBirth="1990-04-30", phone="1")

    response = await change(shop, account, dateOfBirth=blank, phone=None)

    assert response.status_code == 200
    assert response.json()["data"]["attributes"]["dateOfBirth"] is None


@rule("cust-32")
async def test_what_is_there_already_is_no_change(shop):
    account = await shop.account(dateOfBirth="1990-04-30", phone="1")
    path = f"/customers/{account.reference}"
    before = await shop.call("GET", path, by=account)
    shop.clock.advance(seconds=5)

    answer = await change(shop, account, **before.json()["data"]["attributes"], phone="1")

    assert answer.content == before.content
    assert answer.headers["etag"] == before.headers["etag"]


@rule("cust-20", "cust-31", "cust-6")
async def test_phone_company_and_locale_can_be_changed_and_emptied(shop):
    account = await shop.account()
    path = f"/customers/{account.reference}/overview"
    names = ("phone", "company", "locale")
    values = {"phone": "+49 30 1", "company": "Difference Ltd", "locale": "de-DE"}
    shown = []

    for change_to in (values, dict.fromkeys(names)):
        answer = await change(shop, account, **change_to)
        customer = (await shop.call("GET", path, by=account)).json()["data"]["attributes"][
            "customer"
        ]
        shown.append(tuple(customer[name] for name in names))
        assert answer.json()["data"]["attributes"].keys().isdisjoint(names)

    assert shown == [("+49 30 1", "Difference Ltd", "de_DE"), (None, None, None)]


@rule("cust-19", "cust-31")
async def test_mails_follow_the_locale_that_the_customer_took(shop):
    account = await shop.account()
    await change(shop, account, locale="de_DE")

    await shop.call("POST", "/customer-forgotten-password", {"email": account.email})

    assert "Passwort" in (await shop.mails())[-1]["Subject"]


@rule("cust-20", "body-2", "val-3")
@pytest.mark.parametrize(
    "attributes",
    [{}, {"acceptedTerms": False}, {"createdAt": "x", "customer_reference": "x", "isActive": 5}],
)
async def test_a_change_of_nothing_is_fine(shop, attributes):
    account = await shop.account()
    before = await profile(shop, account)

    response = await change(shop, account, **attributes)

    assert response.status_code == 200
    assert await profile(shop, account) == before


@ONE_DATABASE
@rule("cust-21", "val-1", "val-6", "val-7", "val-8")
async def test_blank_fields_of_a_change_are_told_in_order(shop):
    account = await shop.account()
    unblank = {f"password => {BLANK}", f"confirmPassword => {BLANK}"}

    response = await change(shop, account, **dict.fromkeys(FIELDS[:7], ""))

    assert details(response) == [line for line in ALL_BLANK[:-1] if line not in unblank]


@ONE_DATABASE
@rule("cust-20", "val-1")
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"firstName": None}, [f"firstName => {BLANK}"]),
        ({"email": "test.com"}, [f"email => {NO_EMAIL}"]),
        ({"gender": "x", "email": 5}, [f"email => {NO_STRING}", f"gender => {CHOICE}"]),
        ({"salutation": "x"}, [f"salutation => {CHOICE}"]),
        ({"locale": "fr_FR"}, [f"locale => {CHOICE}"]),
        ({"locale": ""}, [f"locale => {CHOICE}"]),
        ({"company": 5}, [f"company => {NO_STRING}"]),
        (
            {"company": "x" * 101},
            ["company => This value is too long. It should have 100 characters or less."],
        ),
        ({"lastName": "x" * 101}, [f"lastName => {LONG_NAME}"]),
        ({"dateOfBirth": "2026-03-15"}, [f"dateOfBirth => {NO_DATE}"]),
        (
            {"dateOfBirth": "x", "confirmPassword": "short", "password": "corr3ct-horse!"},
            [
                f"password => {CHARACTERS}",
                f"confirmPassword => {SHORT}",
                f"dateOfBirth => {NO_DATE}",
            ],
        ),
        ({"password": "A1-" + "ab" * 63}, [f"password => {LONG}"]),
    ],
)
async def test_the_fields_of_a_change_follow_their_rules(shop, attributes, expected):
    account = await shop.account()
    before = await profile(shop, account)

    response = await change(shop, account, **attributes)

    assert details(response) == expected
    assert await profile(shop, account) == before


@rule("cust-22", "err-406")
@pytest.mark.parametrize("repeated", [{}, {"confirmPassword": PASSWORD}])
async def test_a_password_in_a_profile_must_be_repeated(shop, repeated):
    account = await shop.account()

    response = await change(shop, account, password=OTHER_PASSWORD, firstName="Changed", **repeated)

    assert only_error(response) == DIFFERENT
    assert (await profile(shop, account))["firstName"] == "Ada"


@rule("cust-22")
async def test_a_password_in_a_profile_is_never_applied(shop):
    account = await shop.account()

    response = await change(shop, account, password=OTHER_PASSWORD, confirmPassword=OTHER_PASSWORD)

    assert response.status_code == 200
    assert (await shop.log_in()).status_code == 201
    assert only_error(await shop.log_in(password=OTHER_PASSWORD))[1] == "003"


@rule("cust-23", "err-400", "err-417")
@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("grace@shop.example", TAKEN),
        ("GRACE@shop.example", TAKEN),
        (LONG_EMAIL, (422, "417", "Email is too long. It should have 100 characters or less.")),
    ],
)
async def test_an_email_that_cannot_be_had_is_refused(shop, email, expected):
    await shop.register(email="grace@shop.example")
    account = await shop.account()

    response = await change(shop, account, email=email)

    assert only_error(response) == expected
    assert (await profile(shop, account))["email"] == "ada@shop.example"


@rule("cust-12", "cust-23")
async def test_ones_own_email_in_another_spelling_is_free(shop):
    account = await shop.account()

    response = await change(shop, account, email="ADA@shop.example")

    assert response.json()["data"]["attributes"]["email"] == "ADA@shop.example"


@rule("cust-25", "cust-26", "err-402", "err-411", "check-12")
@pytest.mark.promise("S53")
@pytest.mark.parametrize(
    "reference", ["{other}", "DE--30", "DE35", "fake-id", "mine", "%20", "{own_lower}"]
)
async def test_other_customers_cannot_be_seen_or_changed(shop, reference):
    other = await shop.account("grace@shop.example")
    account = await shop.account()
    path = "/customers/" + reference.format(
        other=other.reference, own_lower=account.reference.lower()
    )

    read = await shop.call("GET", path, by=account)
    with_addresses = await shop.call("GET", f"{path}?include=addresses", by=account)
    changed = await shop.call("PATCH", path, {"firstName": "Changed"}, by=account)
    deleted = await shop.call("DELETE", path, by=account)

    assert only_error(read) == only_error(with_addresses) == NOT_FOUND
    assert only_error(changed) == only_error(deleted) == NOT_OWN
    assert (await profile(shop, other))["firstName"] == "Ada"


@rule("cust-5", "cust-27", "mail-8", "doc-8", "confirm-2", "restore-3", "auth-4")
async def test_a_deleted_account_is_gone_for_good(shop):
    account = await shop.account()
    other = await shop.session(account.reference, account.email)
    await shop.call("POST", "/customer-forgotten-password", {"email": account.email})
    key = await shop.mailed_key()

    response = await shop.call("DELETE", f"/customers/{account.reference}", by=account)

    values = {"password": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
    restore = await shop.call(
        "PATCH", "/customer-restore-password/x", {"restorePasswordKey": key, **values}
    )
    refresh = await shop.call("POST", "/refresh-tokens", {"refreshToken": other.refresh_token})
    mail = (await shop.mails())[-1]
    assert (response.status_code, response.content) == (204, b"")
    assert only_error(await shop.log_in())[1] == "003"
    assert not await shop.is_logged_in(account)
    assert not await shop.is_logged_in(other)
    assert only_error(refresh)[1] == "004"
    assert only_error(restore)[1] == "415"
    assert (mail["Subject"], mail["To"]) == ("Your account was deleted", "ada@shop.example")


@pytest.mark.promise("S118")
@rule("cust-28")
async def test_the_address_of_a_deleted_account_starts_from_nothing(shop):
    account = await shop.account(dateOfBirth="1990-04-30")
    await shop.call("DELETE", f"/customers/{account.reference}", by=account)

    successor = await shop.account(firstName="New")

    book = await shop.call("GET", f"/customers/{successor.reference}/addresses", by=successor)
    attributes = await profile(shop, successor)
    assert successor.reference != account.reference
    assert (attributes["firstName"], attributes["dateOfBirth"]) == ("New", None)
    assert book.json()["data"] == []
