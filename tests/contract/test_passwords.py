"""Changing, forgetting and restoring a password."""

import pytest

from tests.contract.texts import (
    BLANK,
    CHARACTERS,
    LONG,
    MISSING,
    NO_EMAIL,
    NO_STRING,
    ONE_DATABASE,
    SHORT,
    keys,
    subjects,
)
from tests.shop import OTHER_PASSWORD, PASSWORD, details, mail_text, only_error

rule = pytest.mark.contract
NO_KEY = (422, "415", "Restore password key is not valid.")
CHANGED, RESTORE = "Your password was changed", "Set a new password"
POLICY = [
    ("Corrr3ct-Horse!", (400, "421", "The password contains sequence of the same character.")),
    ("Password123!", (400, "422", "The password is listed as common.")),
]


async def change(
    shop, account, *, password=PASSWORD, new=OTHER_PASSWORD, repeated=None, reference=None
):
    attributes = {"password": password, "newPassword": new, "confirmPassword": repeated or new}
    path = f"/customer-password/{reference or account.reference}"
    return await shop.call("PATCH", path, attributes, by=account)


async def forget(shop, email="ada@shop.example"):
    return await shop.call("POST", "/customer-forgotten-password", {"email": email})


async def restore(
    shop, key, new=OTHER_PASSWORD, repeated=None, path="/customer-restore-password/x"
):
    attributes = {"restorePasswordKey": key, "password": new, "confirmPassword": repeated or new}
    return await shop.call("PATCH", path, attributes)


@pytest.mark.promise("S45")
@rule("pass-1", "pass-2", "mail-7", "doc-8")
@pytest.mark.promise("S47")
async def test_a_changed_password_works_and_other_sessions_end(shop):
    account = await shop.account()
    other = await shop.session(account.reference, account.email)

    response = await change(shop, account)

    mail = (await shop.mails())[-1]
    assert (response.status_code, response.content) == (204, b"")
    assert only_error(await shop.log_in())[1] == "003"
    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201
    assert await shop.is_logged_in(account)
    assert not await shop.is_logged_in(other)
    assert (mail["Subject"], mail["To"]) == (CHANGED, account.email)
    assert "https://www.shop.example/password/undo?token=" in mail_text(mail)
    assert not [it for it in (PASSWORD, OTHER_PASSWORD) if it in mail.as_string()]


FIELDS = ["password", "newPassword", "confirmPassword"]


@ONE_DATABASE
@rule(
    "pass-3", "val-1", "val-2", "val-4", "val-6", "val-8", "val-9", "val-12", "val-17", "policy-1"
)
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, [f"{name} => {MISSING}" for name in FIELDS]),
        (
            dict.fromkeys(FIELDS, ""),
            [
                f"password => {BLANK}",
                f"newPassword => {BLANK}",
                f"newPassword => {SHORT}",
                f"confirmPassword => {BLANK}",
                f"confirmPassword => {SHORT}",
            ],
        ),
        (dict.fromkeys(FIELDS), [f"{name} => {BLANK}" for name in FIELDS]),
        (dict.fromkeys(FIELDS, 5), [f"{name} => {NO_STRING}" for name in FIELDS]),
        (
            {"password": "x" * 129, "newPassword": "change1234", "confirmPassword": "change1234"},
            [
                f"password => {LONG}",
                f"newPassword => {SHORT}",
                f"newPassword => {CHARACTERS}",
                f"confirmPassword => {SHORT}",
            ],
        ),
        (
            {
                "password": "x",
                "newPassword": "A1-" + "ab" * 63,
                "confirmPassword": "A1-" + "ab" * 63,
            },
            [f"newPassword => {LONG}", f"confirmPassword => {LONG}"],
        ),
    ],
)
async def test_the_fields_of_a_change_follow_their_rules(shop, attributes, expected):
    account = await shop.account()

    response = await shop.call(
        "PATCH", f"/customer-password/{account.reference}", attributes, by=account
    )

    assert details(response) == expected
    assert {(error["status"], error["code"]) for error in response.json()["errors"]} == {
        (422, "901")
    }
    assert (await shop.log_in()).status_code == 201


@rule("pass-4", "err-411")
@pytest.mark.promise("S46")
async def test_nobody_changes_the_password_of_another_customer(shop):
    account, stranger = await shop.account(), await shop.account("grace@shop.example")

    responses = [await change(shop, account, reference=it) for it in (stranger.reference, "DE--1")]

    assert [only_error(it) for it in responses] == [(403, "411", "Unauthorized request.")] * 2
    assert (await shop.log_in("grace@shop.example")).status_code == 201


DIFFERENT = (
    422,
    "406",
    "Value in field newPassword should be identical to value in the confirmPassword field.",
)


@pytest.mark.promise("S45", "S46")
@rule("pass-4", "err-406", "err-408", "err-411", "err-421", "err-422", "policy-3", "policy-4")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"password": "wrong", "new": POLICY[0][0], "repeated": PASSWORD, "reference": "DE--1"},
            (403, "411", "Unauthorized request."),
        ),
        ({"password": "wrong", "new": POLICY[0][0], "repeated": PASSWORD}, DIFFERENT),
        ({"password": "wrong", "new": POLICY[0][0]}, (400, "408", "Invalid password")),
        ({"password": "short"}, (400, "408", "Invalid password")),
        *(({"new": new}, expected) for new, expected in POLICY),
    ],
)
async def test_refusals_of_a_change_come_in_order(shop, arguments, expected):
    account = await shop.account()

    response = await change(shop, account, **arguments)

    assert only_error(response) == expected
    assert (await shop.log_in()).status_code == 201


@rule("forgot-1", "forgot-2", "mail-1", "mail-2", "mail-6", "restore-1", "mail-7", "doc-8")
@pytest.mark.promise("S47")
async def test_a_forgotten_password_is_restored_by_mail(shop):
    account = await shop.account()

    forgotten = await forget(shop, "ADA@shop.example")
    mail = (await shop.mails())[-1]
    restored = await restore(shop, keys([mail])[0])

    assert (forgotten.status_code, forgotten.content) == (204, b"")
    assert (restored.status_code, restored.content) == (204, b"")
    assert (mail["Subject"], mail["To"]) == (RESTORE, "ada@shop.example")
    assert mail["Customer-Reference"] == account.reference
    assert "https://www.shop.example/password/restore?token=" in mail_text(mail)
    assert only_error(await shop.log_in())[1] == "003"
    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201
    assert not await shop.is_logged_in(account)
    told = (await shop.mails())[-1]
    assert (told["Subject"], told["To"]) == (CHANGED, "ada@shop.example")
    assert not [it for it in (PASSWORD, OTHER_PASSWORD) if it in told.as_string()]


@rule("forgot-1", "forgot-2")
async def test_an_unknown_address_is_answered_alike_and_gets_nothing(shop):
    await shop.account()
    before = len(await shop.mails())

    unknown = await forget(shop, "nobody@shop.example")
    known = await forget(shop)

    mails = await shop.mails()
    same = {"x-request-id"}
    assert unknown.status_code == known.status_code == 204
    assert unknown.content == known.content == b""
    assert {n: v for n, v in unknown.headers.items() if n not in same} == {
        n: v for n, v in known.headers.items() if n not in same
    }
    assert [mail["To"] for mail in mails[before:]] == ["ada@shop.example"]


@ONE_DATABASE
@rule("forgot-3", "val-2", "val-4", "val-6", "val-9", "val-11")
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, [MISSING]),
        ({"email": ""}, [BLANK]),
        ({"email": None}, [BLANK]),
        ({"email": 5}, [NO_STRING]),
        ({"email": "test.com"}, [NO_EMAIL]),
        ({"email": "a b@shop.example"}, [NO_EMAIL]),
        (
            {"email": "x" * 250 + "@b.example"},
            ["This value is too long. It should have 255 characters or less."],
        ),
    ],
)
async def test_the_field_of_a_forgotten_password_follows_its_rules(shop, attributes, expected):
    response = await shop.call("POST", "/customer-forgotten-password", attributes)

    assert details(response) == [f"email => {message}" for message in expected]


@rule("cust-18", "forgot-1")
async def test_restore_mails_are_limited_and_the_answer_stays_the_same(shop):
    await shop.account()

    answers = [await forget(shop) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {204}
    assert subjects(await shop.mails()).count(RESTORE) == 2  # the mail of the registration counts


@pytest.mark.promise("S51")
@rule("forgot-2", "restore-3", "err-415")
async def test_only_the_newest_key_works_and_only_once(shop):
    await shop.account()
    await forget(shop)
    await forget(shop)
    old, new = keys((await shop.mails())[-2:])

    answers = [await restore(shop, key) for key in (old, new, new)]

    assert only_error(answers[0]) == only_error(answers[2]) == NO_KEY
    assert answers[1].status_code == 204


@pytest.mark.promise("S51")
@rule("forgot-2", "restore-3", "err-415")
@pytest.mark.parametrize(("minutes", "status"), [(119, 204), (120, 422)])
async def test_a_key_lasts_two_hours(shop, minutes, status):
    await shop.account()
    await forget(shop)
    key = await shop.mailed_key()
    shop.clock.advance(minutes=minutes)

    response = await restore(shop, key)

    assert response.status_code == status


@ONE_DATABASE
@rule("restore-2", "val-1", "val-2", "val-4", "val-6", "val-8", "val-12", "val-17")
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (
            {},
            [
                f"{name} => {MISSING}"
                for name in ("restorePasswordKey", "password", "confirmPassword")
            ],
        ),
        (
            {"restorePasswordKey": "", "password": "", "confirmPassword": ""},
            [
                f"restorePasswordKey => {BLANK}",
                f"password => {BLANK}",
                f"password => {SHORT}",
                f"confirmPassword => {BLANK}",
                f"confirmPassword => {SHORT}",
            ],
        ),
        (
            {"restorePasswordKey": 5, "password": "change123", "confirmPassword": True},
            [
                f"restorePasswordKey => {NO_STRING}",
                f"password => {SHORT}",
                f"password => {CHARACTERS}",
                f"confirmPassword => {NO_STRING}",
            ],
        ),
    ],
)
async def test_the_fields_of_a_restore_follow_their_rules(shop, attributes, expected):
    response = await shop.call("PATCH", "/customer-restore-password/x", attributes)

    assert details(response) == expected


@rule("restore-3", "err-406", "err-415")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            {"key": "x", "repeated": PASSWORD},
            (
                422,
                "406",
                "Value in field password should be identical to value in the confirmPassword field.",
            ),
        ),
        ({"key": "x", "new": POLICY[0][0]}, NO_KEY),
        ({"key": "ü" * 3000}, NO_KEY),
    ],
)
async def test_refusals_of_a_restore_come_in_order(shop, arguments, expected):
    response = await restore(shop, **arguments)

    assert only_error(response) == expected


@rule("restore-3", "err-421", "err-422", "policy-3", "policy-4")
@pytest.mark.parametrize(("new", "expected"), POLICY)
async def test_a_refused_password_leaves_the_key_usable(shop, new, expected):
    await shop.account()
    await forget(shop)
    key = await shop.mailed_key()

    refused = await restore(shop, key, new)

    assert only_error(refused) == expected
    assert (await restore(shop, key)).status_code == 204


@rule("restore-4")
async def test_a_restore_confirms_the_account(shop):
    await shop.register()
    (confirmation,) = keys(await shop.mails())
    await forget(shop)

    response = await restore(shop, await shop.mailed_key())

    assert response.status_code == 204
    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201
    assert only_error(await shop.confirm(confirmation))[1] == "423"


@pytest.mark.promise("S51")
@rule("restore-3")
async def test_a_confirmation_key_restores_nothing(shop):
    await shop.register()

    response = await restore(shop, await shop.mailed_key())

    assert only_error(response) == NO_KEY


@rule("restore-5")
@pytest.mark.parametrize("path", ["/customer-restore-password", "/customer-restore-password/"])
@pytest.mark.parametrize("is_on", [True, False])
async def test_a_restore_without_an_id_is_a_setting(open_shop, path, is_on):
    shop = await open_shop(restore_without_id=is_on)
    await shop.account()
    await forget(shop)
    key = await shop.mailed_key()

    response = await restore(shop, key, path=path)

    if is_on:
        assert response.status_code == 204
    else:
        assert only_error(response) == (400, None, "Resource id is not specified.")


@ONE_DATABASE
@rule("restore-5")
@pytest.mark.parametrize("path", ["/customers", "/customer-password"])
async def test_other_types_need_their_id_all_the_same(open_shop, path):
    shop = await open_shop(restore_without_id=True)

    response = await shop.call("PATCH", path, {})

    assert only_error(response) == (400, None, "Resource id is not specified.")


@rule("restore-1")
@pytest.mark.parametrize("anything", ["DE--1", "{key}", "mine", "%20"])
async def test_the_id_of_a_restore_is_not_looked_at(shop, anything):
    await shop.account()
    await forget(shop)
    key = await shop.mailed_key()

    response = await restore(
        shop, key, path=f"/customer-restore-password/{anything.format(key=key)}"
    )

    assert response.status_code == 204
