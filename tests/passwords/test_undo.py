"""Removing a password that somebody else set, from the mail that told of it."""

import logging

import pytest

from customer_api.tokens.models import SessionRow
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error
from tests.tables import rows

THIRD_PASSWORD = "Th1rd-Horse-Stapled."
BAD_KEY = (422, "431", "Password undo key is not valid.")


@pytest.fixture
async def ada(shop):
    return await shop.account()


async def change(shop, account, old=PASSWORD, new=OTHER_PASSWORD):
    attributes = {"password": old, "newPassword": new, "confirmPassword": new}
    path = f"/customer-password/{account.reference}"
    assert (await shop.call("PATCH", path, attributes, by=account)).status_code == 204


@pytest.mark.promise("G3")
async def test_an_undo_locks_out_whoever_changed_the_password(shop, ada):
    await change(shop, ada)

    answer = await shop.undo_password(await shop.mailed_key("password/undo"))

    refreshed = await shop.call("POST", "/refresh-tokens", {"refreshToken": ada.refresh_token})
    assert answer.status_code == 204
    assert not await shop.is_logged_in(ada)
    assert only_error(refreshed)[1] == "004"
    assert {row.end_reason for row in await rows(shop, SessionRow)} == {"password_changed"}
    for password in (PASSWORD, OTHER_PASSWORD):
        assert only_error(await shop.log_in(password=password))[1] == "003"


@pytest.mark.promise("G4")
async def test_an_undo_key_works_once(shop, ada):
    await change(shop, ada)
    key = await shop.mailed_key("password/undo")

    answers = [await shop.undo_password(key) for _ in range(2)]

    assert answers[0].status_code == 204
    assert only_error(answers[1]) == BAD_KEY


async def test_a_restored_password_can_be_undone_too(shop, ada):
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    await shop.restore(await shop.mailed_key("password/restore"))

    answer = await shop.undo_password(await shop.mailed_key("password/undo"))

    assert answer.status_code == 204
    assert only_error(await shop.log_in(password=OTHER_PASSWORD))[1] == "003"


async def test_each_of_several_mails_can_undo_and_one_undo_voids_them_all(shop, ada):
    await change(shop, ada)
    await change(shop, ada, OTHER_PASSWORD, THIRD_PASSWORD)
    older, newer = await shop.mailed_keys("password/undo")

    answers = [await shop.undo_password(key) for key in (older, newer)]

    assert answers[0].status_code == 204
    assert only_error(answers[1]) == BAD_KEY


async def test_an_undo_voids_other_keys(shop, ada):
    await change(shop, ada)
    await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    restore = await shop.mailed_key("password/restore")
    await shop.change_email(ada, "new@shop.example")
    pending = await shop.mailed_key("email/confirm")

    await shop.undo_password(await shop.mailed_key("password/undo"))

    assert only_error(await shop.restore(restore))[1] == "415"
    assert only_error(await shop.confirm_email(pending, OTHER_PASSWORD))[1] == "430"


async def test_a_key_of_the_old_mailbox_dies_when_the_address_changes(shop, ada):
    await change(shop, ada)
    key = await shop.mailed_key("password/undo")
    await shop.move(ada, "new@shop.example", OTHER_PASSWORD)

    assert only_error(await shop.undo_password(key)) == BAD_KEY


async def test_an_erased_account_has_nothing_to_undo(shop, ada):
    await change(shop, ada)
    key = await shop.mailed_key("password/undo")
    await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    assert only_error(await shop.undo_password(key)) == BAD_KEY


async def test_an_undo_is_a_security_event(shop, ada, caplog):
    await change(shop, ada)
    key = await shop.mailed_key("password/undo")

    with caplog.at_level(logging.INFO):
        await shop.undo_password(key)

    (event,) = (it for it in caplog.records if it.message == "password_change_undone")
    assert event.reference == ada.reference
    assert ada.email not in caplog.text
