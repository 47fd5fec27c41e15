"""Changing an address with the proof of its mailbox, and undoing it."""

import pytest

from customer_api.credentials import repository as credentials
from customer_api.credentials.models import OneTimeKeyRow
from customer_api.customers.emails import email_key
from customer_api.customers.models import CustomerRow
from customer_api.security.counters import CounterRow
from customer_api.tokens.models import SessionRow
from tests.meddling import during_next
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error
from tests.tables import rows

NEW, THIRD = "lovelace@shop.example", "king@shop.example"
BAD_KEY = (422, "430", "E-mail change key is not valid.")
WRONG_PASSWORD = (400, "408", "Invalid password")


@pytest.fixture
async def ada(shop):
    return await shop.account()


async def address_of(shop, account):
    return next(
        it.email for it in await rows(shop, CustomerRow) if it.reference == account.reference
    )


async def pending_key(shop, account, email=NEW):
    assert (await shop.change_email(account, email)).status_code == 200
    return await shop.mailed_key("email/confirm")


def told(mails, subject):
    return [mail["To"] for mail in mails if subject in mail["Subject"]]


# Asking


@pytest.mark.promise("S48")
async def test_another_address_waits_for_its_mailbox(shop, ada):
    answer = await shop.change_email(ada, NEW)

    data = answer.json()["data"]
    assert (answer.status_code, data["attributes"]["email"]) == (200, ada.email)
    assert data["meta"] == {"pendingEmail": NEW}
    assert told(await shop.mails(), "confirm your new") == [NEW]
    assert (await shop.log_in(ada.email)).status_code == 201
    assert only_error(await shop.log_in(NEW))[1] == "003"
    assert await shop.is_logged_in(ada)


async def test_everything_else_in_the_request_applies_at_once(shop, ada):
    path = f"/customers/{ada.reference}"

    answer = await shop.call("PATCH", path, {"email": NEW, "firstName": "Augusta"}, by=ada)

    assert answer.json()["data"]["attributes"]["firstName"] == "Augusta"
    assert answer.json()["data"]["attributes"]["email"] == ada.email


async def test_asking_alone_changes_no_version(shop, ada):
    (before,) = await rows(shop, CustomerRow)
    shop.clock.advance(minutes=1)

    await shop.change_email(ada, NEW)

    assert list(await rows(shop, CustomerRow)) == [before]


@pytest.mark.promise("S48")
@pytest.mark.parametrize("email", ["ada@shop.example", "ADA@Shop.example"])
async def test_the_present_address_starts_nothing(shop, ada, email):
    answer = await shop.change_email(ada, email)

    assert answer.json()["data"]["attributes"]["email"] == email
    assert "meta" not in answer.json()["data"]
    assert {row.purpose for row in await rows(shop, OneTimeKeyRow)} == {"confirmation"}
    assert told(await shop.mails(), "new e-mail") == []


async def test_the_present_address_leaves_a_pending_one_alone(shop, ada):
    key = await pending_key(shop, ada)

    await shop.call("PATCH", f"/customers/{ada.reference}", {"email": ada.email}, by=ada)

    assert (await shop.confirm_email(key)).status_code == 204


@pytest.mark.promise("S48")
@pytest.mark.parametrize("email", ["bob@shop.example", "BOB@shop.example"])
async def test_a_taken_address_is_refused_and_nothing_is_mailed(shop, ada, email):
    await shop.account("bob@shop.example")
    before = len(await shop.mails())

    answer = await shop.change_email(ada, email)

    assert only_error(answer)[:2] == (422, "400")
    assert len(await shop.mails()) == before


@pytest.mark.promise("S48")
async def test_the_newest_request_wins(shop, ada):
    older = await pending_key(shop, ada, NEW)
    newer = await pending_key(shop, ada, THIRD)

    assert only_error(await shop.confirm_email(older)) == BAD_KEY
    assert (await shop.confirm_email(newer)).status_code == 204
    assert await address_of(shop, ada) == THIRD


async def test_a_stolen_session_cannot_bomb_a_mailbox(shop, ada):
    answers = [await shop.change_email(ada, NEW) for _ in range(5)]

    assert [answer.json()["data"]["meta"]["pendingEmail"] for answer in answers] == [NEW] * 5
    keys = await shop.mailed_keys("email/confirm")
    assert len(keys) == 3
    assert (await shop.confirm_email(keys[-1])).status_code == 204


# Confirming


@pytest.mark.promise("G3", "S48")
async def test_mailbox_and_password_together_change_the_address(shop, ada):
    elsewhere = await shop.session(ada.reference, ada.email)
    key = await pending_key(shop, ada)

    answer = await shop.confirm_email(key)

    refreshed = await shop.call("POST", "/refresh-tokens", {"refreshToken": ada.refresh_token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert await address_of(shop, ada) == NEW
    assert not await shop.is_logged_in(ada)
    assert not await shop.is_logged_in(elsewhere)
    assert only_error(refreshed)[1] == "004"
    assert {row.end_reason for row in await rows(shop, SessionRow)} == {"email_changed"}
    assert (await shop.log_in(NEW)).status_code == 201
    assert only_error(await shop.log_in(ada.email))[1] == "003"
    assert told(await shop.mails(), "was changed") == [ada.email]


@pytest.mark.promise("S48")
async def test_a_wrong_password_is_a_failed_login_and_leaves_the_key(shop, ada, caplog):
    key = await pending_key(shop, ada)

    answer = await shop.confirm_email(key, OTHER_PASSWORD)

    (event,) = (it for it in caplog.records if it.message == "login_failed")
    assert event.reference == ada.reference
    failures = {it.kind: it for it in await rows(shop, CounterRow)}["login_failures"]
    assert only_error(answer) == WRONG_PASSWORD
    assert (failures.subject, failures.number) == (email_key(ada.email), 1)
    assert await shop.is_logged_in(ada)
    assert (await shop.confirm_email(key)).status_code == 204
    assert "login_failures" not in {it.kind for it in await rows(shop, CounterRow)}


async def test_who_guesses_the_password_is_blocked_as_at_the_login(shop, ada):
    key = await pending_key(shop, ada)
    guesses = [await shop.confirm_email(key, OTHER_PASSWORD) for _ in range(10)]

    answer = await shop.confirm_email(key)

    assert {only_error(guess)[:2] for guess in guesses} == {(400, "408")}
    assert only_error(answer)[:2] == (429, "5900")
    assert answer.headers["retry-after"] == "60"
    assert (await shop.log_in()).status_code == 429
    assert await address_of(shop, ada) == ada.email


@pytest.mark.promise("S48")
@pytest.mark.parametrize(("minutes", "status"), [(29.99, 204), (30, 422)])
async def test_a_key_lasts_half_an_hour(shop, ada, minutes, status):
    key = await pending_key(shop, ada)
    shop.clock.advance(minutes=minutes)

    assert (await shop.confirm_email(key)).status_code == status


async def test_a_key_works_for_its_own_purpose_only(shop, ada):
    key = await pending_key(shop, ada)
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    restore = await shop.mailed_key("password/restore")

    answers = [await shop.restore(key), await shop.undo_email(key), await shop.undo_password(key)]

    assert [only_error(answer)[1] for answer in answers] == ["415", "430", "431"]
    assert only_error(await shop.confirm_email(restore)) == BAD_KEY
    assert (await shop.confirm_email(key)).status_code == 204


async def test_an_address_that_was_taken_meanwhile_is_refused_and_the_key_stays(shop, ada):
    key = await pending_key(shop, ada)
    await shop.register(email=NEW)

    answer = await shop.confirm_email(key)

    assert only_error(answer)[:2] == (422, "400")
    assert await address_of(shop, ada) == ada.email
    assert await shop.is_logged_in(ada)
    assert only_error(await shop.confirm_email(key))[:2] == (422, "400")


async def test_a_password_that_changed_while_it_was_verified_is_wrong(shop, ada):
    key = await pending_key(shop, ada)
    (customer,) = await rows(shop, CustomerRow)

    async def replace_digest():
        await shop.container.units.write(
            lambda it: credentials.set_password_hash(it, customer.id, "x", now=shop.clock.now())
        )

    during_next(shop.container.hasher, "verify", replace_digest)

    assert only_error(await shop.confirm_email(key)) == WRONG_PASSWORD
    assert await address_of(shop, ada) == ada.email


@pytest.mark.parametrize("change", ["password", "restore"])
async def test_a_new_password_ends_a_pending_change(shop, ada, change):
    key = await pending_key(shop, ada)

    if change == "restore":
        await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
        await shop.restore(await shop.mailed_key("password/restore"))
    else:
        new = {"newPassword": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
        path = f"/customer-password/{ada.reference}"
        await shop.call("PATCH", path, {"password": PASSWORD, **new}, by=ada)

    assert only_error(await shop.confirm_email(key, OTHER_PASSWORD)) == BAD_KEY


async def test_all_other_keys_die_with_the_old_address(shop, ada):
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    restore = await shop.mailed_key("password/restore")

    await shop.move(ada, NEW)

    assert only_error(await shop.restore(restore))[1] == "415"
    working = [row for row in await rows(shop, OneTimeKeyRow) if row.used_at is None]
    assert [row.purpose for row in working] == ["email_undo"]


@pytest.mark.promise("S48")
async def test_an_erased_account_has_no_pending_address(shop, ada):
    key = await pending_key(shop, ada)
    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    assert only_error(await shop.confirm_email(key)) == BAD_KEY
    assert (await shop.register(email=NEW)).status_code == 201
