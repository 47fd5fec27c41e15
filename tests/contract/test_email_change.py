"""Changing the e-mail, and undoing changes of e-mail and password."""

import pytest

from tests.contract.texts import BLANK, MISSING, NO_STRING, ONE_DATABASE, TAKEN, subjects
from tests.shop import OTHER_PASSWORD, PASSWORD, details, mail_text, only_error

rule = pytest.mark.contract
NEW = "lovelace@shop.example"
NO_EMAIL_KEY = (422, "430", "E-mail change key is not valid.")
NO_PASSWORD_KEY = (422, "431", "Password undo key is not valid.")
WRONG = (400, "408", "Invalid password")
CONFIRM, CHANGED = (
    "Please confirm your new e-mail address",
    "The e-mail address of your account was changed",
)
UNDONE, REMOVED = "Your account has its former e-mail address again", "Your password was removed"


async def change_password(shop, account):
    new = {"newPassword": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
    attributes = {"password": account.password, **new}
    path = f"/customer-password/{account.reference}"
    answer = await shop.call("PATCH", path, attributes, by=account)
    assert answer.status_code == 204


@rule("cust-24", "mail-1", "mail-2", "mail-10", "doc-2")
async def test_a_new_email_waits_for_its_confirmation(shop):
    account = await shop.account()

    response = await shop.change_email(account, "Lovelace@shop.example")

    read = await shop.call("GET", f"/customers/{account.reference}", by=account)
    mail = (await shop.mails())[-1]
    data = response.json()["data"]
    assert (response.status_code, data["attributes"]["email"]) == (200, "ada@shop.example")
    assert data["meta"] == {"pendingEmail": "Lovelace@shop.example"}
    assert "meta" not in read.json()["data"]
    assert read.json()["data"]["attributes"] == data["attributes"]
    assert (mail["Subject"], mail["To"]) == (CONFIRM, "Lovelace@shop.example")
    assert mail["Customer-Reference"] == account.reference
    assert "https://www.shop.example/email/confirm?token=" in mail_text(mail)


@rule("cust-24")
async def test_a_later_request_replaces_an_earlier_one(shop):
    account = await shop.account()
    await shop.change_email(account, NEW)
    await shop.change_email(account, "king@shop.example")
    older, newer = await shop.mailed_keys("email/confirm")

    answers = [await shop.confirm_email(key) for key in (older, newer)]

    assert only_error(answers[0]) == NO_EMAIL_KEY
    assert answers[1].status_code == 204


@rule("cust-29", "cust-12", "mail-11")
async def test_with_immediate_a_new_email_applies_at_once(open_shop):
    shop = await open_shop(email_change="immediate")
    account = await shop.account()
    other = await shop.session(account.reference, account.email)

    response = await shop.change_email(account, NEW)

    mail = (await shop.mails())[-1]
    assert response.json()["data"]["attributes"]["email"] == NEW
    assert "meta" not in response.json()["data"]
    assert (await shop.log_in(NEW)).status_code == 201
    assert only_error(await shop.log_in("ada@shop.example"))[1] == "003"
    assert await shop.is_logged_in(account)
    assert not await shop.is_logged_in(other)
    assert (mail["Subject"], mail["To"]) == (CHANGED, "ada@shop.example")


@rule("cust-30", "cust-23", "err-400")
async def test_a_former_email_is_reserved_for_three_days(shop):
    account = await shop.account()
    other = await shop.account("grace@shop.example")
    await shop.move(account, NEW)

    registered = await shop.register(email="ADA@shop.example")
    changed = await shop.change_email(other, "ada@shop.example")
    shop.clock.advance(hours=72)
    later = await shop.register(email="ada@shop.example")

    assert only_error(registered) == only_error(changed) == TAKEN
    assert later.status_code == 201


@rule("echange-1", "echange-4", "mail-2", "mail-11", "doc-8", "auth-4")
async def test_key_and_password_change_the_email(shop):
    account = await shop.account()
    await shop.call("POST", "/customer-forgotten-password", {"email": account.email})
    restore = await shop.mailed_key()
    await shop.change_email(account, NEW)

    response = await shop.confirm_email(await shop.mailed_key("email/confirm"))

    mail = (await shop.mails())[-1]
    assert (response.status_code, response.content) == (204, b"")
    assert not await shop.is_logged_in(account)
    assert (await shop.log_in(NEW)).status_code == 201
    assert only_error(await shop.log_in(account.email))[1] == "003"
    assert only_error(await shop.restore(restore))[1] == "415"
    assert (mail["Subject"], mail["To"]) == (CHANGED, account.email)
    assert "https://www.shop.example/email/undo?token=" in mail_text(mail)


@ONE_DATABASE
@rule("echange-2", "val-1", "val-2", "val-4", "val-6")
@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, [f"key => {MISSING}", f"password => {MISSING}"]),
        ({"key": "", "password": ""}, [f"key => {BLANK}", f"password => {BLANK}"]),
        ({"key": None, "password": False}, [f"key => {BLANK}", f"password => {BLANK}"]),
        ({"key": 5, "password": {}}, [f"key => {NO_STRING}", f"password => {NO_STRING}"]),
    ],
)
async def test_the_fields_of_a_confirmation_follow_their_rules(shop, attributes, expected):
    response = await shop.call("POST", "/customer-email-confirmation", attributes)

    assert details(response) == expected


@rule("echange-3", "err-430", "err-408", "err-400", "login-5")
async def test_refusals_of_a_confirmation_leave_the_key_usable(shop):
    account = await shop.account()
    await shop.change_email(account, NEW)
    key = await shop.mailed_key("email/confirm")

    unknown = await shop.confirm_email("x", "wrong")
    wrong = [await shop.confirm_email(key, "wrong") for _ in range(10)]
    blocked = await shop.confirm_email(key)
    shop.clock.advance(seconds=60)
    right = await shop.confirm_email(key)
    again = await shop.confirm_email(key)

    assert only_error(unknown) == only_error(again) == NO_EMAIL_KEY
    assert {only_error(answer) for answer in wrong} == {WRONG}
    assert only_error(blocked)[:2] == (429, "5900")
    assert right.status_code == 204


@rule("echange-3", "err-400")
async def test_an_email_that_was_taken_meanwhile_is_refused(shop):
    account = await shop.account()
    await shop.change_email(account, NEW)
    key = await shop.mailed_key("email/confirm")
    await shop.register(email=NEW)

    response = await shop.confirm_email(key)

    assert only_error(response) == TAKEN
    assert await shop.is_logged_in(account)


@rule("echange-3", "err-430")
@pytest.mark.parametrize(("minutes", "status"), [(29, 204), (30, 422)])
async def test_a_confirmation_key_lasts_thirty_minutes(shop, minutes, status):
    account = await shop.account()
    await shop.change_email(account, NEW)
    key = await shop.mailed_key("email/confirm")
    shop.clock.advance(minutes=minutes)

    response = await shop.confirm_email(key)

    assert response.status_code == status


@rule("eundo-1", "mail-12", "mail-13", "doc-8", "auth-4")
async def test_the_former_mailbox_undoes_the_change(shop):
    account = await shop.account()
    moved = await shop.move(account, NEW)

    response = await shop.undo_email(await shop.mailed_key("email/undo"))

    mails = (await shop.mails())[-2:]
    assert (response.status_code, response.content) == (204, b"")
    assert not await shop.is_logged_in(moved)
    assert {only_error(await shop.log_in(it))[1] for it in (NEW, account.email)} == {"003"}
    assert [(it["Subject"], it["To"]) for it in mails] == [
        (REMOVED, account.email),
        (UNDONE, NEW),
    ]
    assert (await shop.restore(await shop.mailed_key("password/restore"))).status_code == 204
    assert (await shop.log_in(account.email, OTHER_PASSWORD)).status_code == 201


@rule("eundo-3", "err-430")
@pytest.mark.parametrize(("hours", "status"), [(71, 204), (72, 422)])
async def test_a_change_can_be_undone_for_three_days_and_once(shop, hours, status):
    await shop.move(await shop.account(), NEW)
    key = await shop.mailed_key("email/undo")
    shop.clock.advance(hours=hours)

    responses = [await shop.undo_email(key) for _ in range(2)]

    assert responses[0].status_code == status
    assert only_error(responses[1]) == NO_EMAIL_KEY


@rule("eundo-4")
async def test_the_earlier_of_two_changes_is_undone_with_the_later_one(shop):
    account = await shop.account()
    await shop.move(await shop.move(account, NEW), "king@shop.example")
    first, second = await shop.mailed_keys("email/undo")

    responses = [await shop.undo_email(key) for key in (first, second)]

    assert responses[0].status_code == 204
    assert only_error(responses[1]) == NO_EMAIL_KEY


@ONE_DATABASE
@rule("eundo-2", "pundo-2", "val-2", "val-4", "val-6")
@pytest.mark.parametrize("path", ["/customer-email-undo", "/customer-password-undo"])
@pytest.mark.parametrize(
    ("attributes", "message"),
    [({}, MISSING), ({"key": ""}, BLANK), ({"key": None}, BLANK), ({"key": 5}, NO_STRING)],
)
async def test_the_field_of_an_undo_follows_its_rules(shop, path, attributes, message):
    response = await shop.call("POST", path, attributes)

    assert details(response) == [f"key => {message}"]


@rule("pundo-1", "mail-7", "mail-13", "doc-8", "auth-4")
async def test_a_changed_password_is_undone_from_the_mailbox(shop):
    account = await shop.account()
    await change_password(shop, account)

    response = await shop.undo_password(await shop.mailed_key("password/undo"))

    assert (response.status_code, response.content) == (204, b"")
    assert not await shop.is_logged_in(account)
    for password in (PASSWORD, OTHER_PASSWORD):
        assert only_error(await shop.log_in(password=password))[1] == "003"
    assert subjects(await shop.mails())[-1] == REMOVED
    assert (await shop.restore(await shop.mailed_key("password/restore"))).status_code == 204
    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201


@rule("pundo-3", "err-431")
@pytest.mark.parametrize(("hours", "status"), [(71, 204), (72, 422)])
async def test_a_password_can_be_undone_for_three_days_and_once(shop, hours, status):
    await change_password(shop, await shop.account())
    key = await shop.mailed_key("password/undo")
    shop.clock.advance(hours=hours)

    responses = [await shop.undo_password(key) for _ in range(2)]

    assert responses[0].status_code == status
    assert only_error(responses[1]) == NO_PASSWORD_KEY


@rule("eundo-3", "pundo-3", "echange-3", "err-430", "err-431")
@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/customer-email-confirmation", NO_EMAIL_KEY),
        ("/customer-email-undo", NO_EMAIL_KEY),
        ("/customer-password-undo", NO_PASSWORD_KEY),
    ],
)
@pytest.mark.parametrize("key", ["x", " ", "\u00fc" * 3000], ids=["short", "blank", "long"])
async def test_unknown_keys_are_refused_alike(shop, path, refusal, key):
    answer = await shop.call("POST", path, {"key": key, "password": PASSWORD})

    assert only_error(answer) == refusal
