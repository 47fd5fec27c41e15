"""Confirming, taken addresses, and the mails of a registration."""

import pytest

from tests.contract.texts import ONE_DATABASE, TAKEN, keys, subjects
from tests.shop import OTHER_PASSWORD, PASSWORD, mail_text, only_error, registration

rule = pytest.mark.contract
NO_KEY = (422, "423", "This email confirmation code is invalid or has been already used.")
CONFIRM, EXISTS = "Please confirm your registration", "You already have an account"


@rule("cust-13", "confirm-1", "mail-1", "mail-2", "mail-3", "doc-8")
async def test_an_account_works_after_its_confirmation(shop):
    created = await shop.register(email="Ada@shop.example")
    before = await shop.log_in()
    (mail,) = await shop.mails()

    response = await shop.confirm(keys([mail])[0])

    assert only_error(before)[1] == "003"
    assert (response.status_code, response.content) == (204, b"")
    assert (await shop.log_in()).status_code == 201
    assert mail["Subject"] == CONFIRM
    assert mail["To"] == "Ada@shop.example"
    assert mail["Customer-Reference"] == created.json()["data"]["id"]
    assert "https://www.shop.example/register/confirm?token=" in mail_text(mail)


@pytest.mark.promise("G4")
@rule("confirm-2", "err-423")
async def test_a_key_works_once(shop):
    await shop.register()
    key = await shop.mailed_key()
    await shop.confirm(key)

    response = await shop.confirm(key)

    assert only_error(response) == NO_KEY


@pytest.mark.promise("S51")
@rule("confirm-2", "err-423")
@pytest.mark.parametrize("key", ["x", "{key}x", " {key}", "ü", "x" * 5000])
async def test_an_unknown_key_is_refused(shop, key):
    await shop.register()

    response = await shop.confirm(key.format(key=await shop.mailed_key()))

    assert only_error(response) == NO_KEY


@pytest.mark.promise("S51")
@rule("confirm-2")
@pytest.mark.parametrize(("hours", "status"), [(47.99, 204), (48, 422)])
async def test_a_key_lasts_forty_eight_hours(shop, hours, status):
    await shop.register()
    key = await shop.mailed_key()
    shop.clock.advance(hours=hours)

    response = await shop.confirm(key)

    assert response.status_code == status


@ONE_DATABASE
@rule("confirm-3", "val-2", "val-4", "val-6")
@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({}, "This field is missing."),
        ({"registrationKey": ""}, "This value should not be blank."),
        ({"registrationKey": None}, "This value should not be blank."),
        ({"registrationKey": 5}, "This value should be of type string."),
    ],
)
async def test_the_field_of_a_confirmation_follows_its_rules(shop, attributes, message):
    response = await shop.call("POST", "/customer-confirmation", attributes)

    assert only_error(response) == (422, "901", f"registrationKey => {message}")


@rule("cust-14", "mail-4", "confirm-2")
async def test_without_double_opt_in_an_account_works_at_once(open_shop):
    shop = await open_shop(double_opt_in=False)
    await shop.register()

    response = await shop.log_in()

    (mail,) = await shop.mails()
    assert response.status_code == 201
    assert mail["Subject"] == "Welcome to our shop"
    assert (await shop.confirm(keys([mail])[0])).status_code == 204
    assert only_error(await shop.confirm(keys([mail])[0])) == NO_KEY


@rule("cust-15", "mail-5", "err-400")
async def test_the_owner_of_a_taken_address_is_told(shop):
    await shop.account("Ada@shop.example")

    response = await shop.register(email="ada@SHOP.example", firstName="Mallory")

    mail = (await shop.mails())[-1]
    assert only_error(response) == TAKEN
    assert (mail["Subject"], mail["To"]) == (EXISTS, "Ada@shop.example")
    assert "token=" not in mail_text(mail)
    assert (await shop.log_in()).status_code == 201


@rule("cust-16", "mail-3", "mail-6", "confirm-2")
async def test_a_repeated_registration_proves_the_mailbox_and_trusts_no_password(shop):
    first = await shop.register(firstName="Mallory")
    shop.clock.advance(minutes=1)
    second = await shop.register(
        firstName="Ada", password=OTHER_PASSWORD, confirmPassword=OTHER_PASSWORD
    )
    old, fresh = keys(await shop.mails())

    with_old_key = await shop.confirm(old)
    with_fresh_key = await shop.confirm(fresh)

    logins = [await shop.log_in(password=password) for password in (PASSWORD, OTHER_PASSWORD)]
    mail = (await shop.mails())[-1]
    assert only_error(second) == TAKEN
    assert only_error(with_old_key) == NO_KEY
    assert with_fresh_key.status_code == 204
    assert {only_error(login)[1] for login in logins} == {"003"}
    assert "https://www.shop.example/password/restore?token=" in mail_text(mail)
    values = {"password": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
    restored = await shop.call(
        "PATCH", "/customer-restore-password/x", {"restorePasswordKey": keys([mail])[0], **values}
    )
    owner = await shop.session(first.json()["data"]["id"], "ada@shop.example", OTHER_PASSWORD)
    profile = await shop.call("GET", f"/customers/{owner.reference}", by=owner)
    assert restored.status_code == 204
    assert profile.json()["data"]["attributes"]["firstName"] == "Mallory"


@rule("cust-17")
async def test_a_taken_address_can_be_answered_like_any_other(open_shop):
    shop = await open_shop(registration_conflict="hidden")
    first = await shop.register()
    await shop.confirm(await shop.mailed_key())

    second = await shop.register()

    one, two = first.json()["data"], second.json()["data"]
    assert first.status_code == second.status_code == 201
    assert one["id"] != two["id"]
    assert one["attributes"] == two["attributes"]
    assert list(first.headers) == list(second.headers)
    assert subjects(await shop.mails()) == [CONFIRM, EXISTS]


@rule("cust-18")
async def test_a_mailbox_gets_three_mails_an_hour(shop):
    account = await shop.account()
    answers = [await shop.register() for _ in range(4)]
    forgotten = await shop.call("POST", "/customer-forgotten-password", {"email": account.email})
    within_the_hour = len(await shop.mails())
    shop.clock.advance(hours=1)

    answers.append(await shop.register())

    assert {only_error(answer) for answer in answers} == {TAKEN}
    assert forgotten.status_code == 204
    assert within_the_hour == 3
    assert len(await shop.mails()) == 4


@rule("cust-18", "cust-16")
async def test_confirmation_keys_are_not_mailed_without_end(shop):
    for _ in range(6):
        await shop.register()
        shop.clock.advance(minutes=1)

    mails = await shop.mails()

    assert subjects(mails) == [CONFIRM] * 3
    assert (await shop.confirm(keys(mails)[-1])).status_code == 204


@ONE_DATABASE
@rule("cust-19")
@pytest.mark.parametrize(
    ("wish", "language"), [("de-DE", "de"), ("en", "en"), ("fr", "en"), ("", "en")]
)
async def test_mails_are_in_the_language_of_the_registration(shop, wish, language):
    headers = {"accept-language": wish}

    await shop.call("POST", "/customers", registration(), headers=headers)

    (mail,) = await shop.mails()
    assert mail["Content-Language"] == language


@rule("mail-1")
async def test_links_are_templates_and_know_nothing_of_the_request(open_shop):
    shop = await open_shop(
        confirmation_link="{storefront}/{key}/?c=token", storefront_url="https://s.example/x/"
    )

    await shop.call("POST", "/customers", registration(), headers={"host": "localhost"})

    (mail,) = await shop.mails()
    text = mail_text(mail)
    assert "https://s.example/x/" in text
    assert "/?c=token" in text
    assert "localhost" not in text
