"""Taking an account back after its address was changed."""

import logging

import pytest
from sqlalchemy import update

from customer_api.credentials.models import OneTimeKeyRow
from customer_api.customers.models import CustomerRow
from customer_api.security.counters import CounterRow
from customer_api.tokens.models import SessionRow
from tests.email_change.test_emails import BAD_KEY, NEW, THIRD, address_of, told
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error
from tests.tables import rows

TAKEN = (422, "400")


@pytest.fixture
async def ada(shop):
    return await shop.account()


async def undo_keys(shop):
    return await shop.mailed_keys("email/undo")


@pytest.mark.promise("G3", "S48")
async def test_the_old_mailbox_takes_the_account_back_and_locks_everybody_out(shop, ada):
    thief = await shop.move(ada, NEW)

    answer = await shop.undo_email(await shop.mailed_key("email/undo"))

    refreshed = await shop.call("POST", "/refresh-tokens", {"refreshToken": thief.refresh_token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert await address_of(shop, ada) == ada.email
    assert not await shop.is_logged_in(thief)
    assert only_error(refreshed)[1] == "004"
    assert {row.end_reason for row in await rows(shop, SessionRow)} == {"email_changed"}
    for email in (ada.email, NEW):
        assert only_error(await shop.log_in(email, PASSWORD))[1] == "003"


async def test_the_restored_address_gets_a_key_for_a_new_password(shop, ada):
    await shop.move(ada, NEW)

    await shop.undo_email(await shop.mailed_key("email/undo"))

    mails = await shop.mails()
    assert told(mails, "password was removed") == [ada.email]
    assert told(mails, "former e-mail address again") == [NEW]
    assert (await shop.restore(await shop.mailed_key("password/restore"))).status_code == 204
    assert (await shop.log_in(ada.email, OTHER_PASSWORD)).status_code == 201


@pytest.mark.promise("G4")
async def test_an_undo_key_works_once(shop, ada):
    await shop.move(ada, NEW)
    key = await shop.mailed_key("email/undo")

    answers = [await shop.undo_email(key) for _ in range(2)]

    assert answers[0].status_code == 204
    assert only_error(answers[1]) == BAD_KEY


@pytest.mark.parametrize(("hours", "status"), [(71.99, 204), (72, 422)])
async def test_an_undo_key_lasts_three_days(shop, ada, hours, status):
    await shop.move(ada, NEW)
    key = await shop.mailed_key("email/undo")
    shop.clock.advance(hours=hours)

    assert (await shop.undo_email(key)).status_code == status


async def test_the_first_owner_gets_the_account_back_after_a_second_change(shop, ada):
    await shop.move(await shop.move(ada, NEW), THIRD)
    first, second = await undo_keys(shop)

    answer = await shop.undo_email(first)

    assert answer.status_code == 204
    assert await address_of(shop, ada) == ada.email
    assert only_error(await shop.undo_email(second)) == BAD_KEY


async def test_undoing_the_second_change_leaves_the_first_owner_the_last_word(shop, ada):
    await shop.move(await shop.move(ada, NEW), THIRD)
    first, second = await undo_keys(shop)

    assert (await shop.undo_email(second)).status_code == 204
    assert await address_of(shop, ada) == NEW
    assert (await shop.undo_email(first)).status_code == 204
    assert await address_of(shop, ada) == ada.email


async def test_nothing_a_thief_does_with_the_account_ends_the_undo(shop, ada):
    thief = await shop.move(ada, NEW)
    (key,) = await undo_keys(shop)
    new = {"newPassword": OTHER_PASSWORD, "confirmPassword": OTHER_PASSWORD}
    path = f"/customer-password/{ada.reference}"
    await shop.call("PATCH", path, {"password": PASSWORD, **new}, by=thief)
    await shop.undo_password(await shop.mailed_key("password/undo"))
    await shop.restore(await shop.mailed_key("password/restore"), PASSWORD)

    assert (await shop.undo_email(key)).status_code == 204
    assert await address_of(shop, ada) == ada.email


async def test_a_pending_change_of_the_thief_dies_with_the_undo(shop, ada):
    thief = await shop.move(ada, NEW)
    await shop.change_email(thief, THIRD)
    pending = await shop.mailed_key("email/confirm")

    await shop.undo_email(await shop.mailed_key("email/undo"))

    assert only_error(await shop.confirm_email(pending)) == BAD_KEY


async def test_who_moved_back_of_themselves_can_still_lock_everybody_out(shop, ada):
    await shop.move(await shop.move(ada, NEW), ada.email)
    first, _ = await undo_keys(shop)

    assert (await shop.undo_email(first)).status_code == 204
    assert await address_of(shop, ada) == ada.email
    assert told(await shop.mails(), "former e-mail address again") == []
    assert only_error(await shop.log_in(ada.email))[1] == "003"


# The former address is reserved while its owner can take it back.


@pytest.mark.promise("S48")
@pytest.mark.parametrize("email", ["ada@shop.example", "ADA@shop.example"])
async def test_nobody_can_register_an_address_that_may_be_taken_back(shop, ada, email):
    await shop.move(ada, NEW)
    before = len(await shop.mails())

    answer = await shop.register(email=email)

    assert only_error(answer)[:2] == TAKEN
    assert len(await rows(shop, CustomerRow)) == 1
    assert len(await shop.mails()) == before
    assert (await shop.undo_email((await undo_keys(shop))[0])).status_code == 204


async def test_a_hidden_refusal_of_a_reserved_address_looks_like_any_other(open_shop):
    shop = await open_shop(registration_conflict="hidden")
    ada = await shop.account()
    await shop.move(ada, NEW)

    answer = await shop.register(email=ada.email)

    assert answer.status_code == 201
    assert len(await rows(shop, CustomerRow)) == 1


async def test_nobody_can_move_to_an_address_that_may_be_taken_back(shop, ada):
    bob = await shop.account("bob@shop.example")
    await shop.change_email(bob, THIRD)
    await shop.move(ada, NEW)

    answer = await shop.change_email(bob, ada.email)

    assert only_error(answer)[:2] == TAKEN


async def test_an_address_that_was_given_up_since_it_was_asked_for_is_refused(shop, ada):
    bob = await shop.account("bob@shop.example")
    await shop.move(ada, NEW)
    lapse = update(OneTimeKeyRow).values(email_key="x").where(OneTimeKeyRow.purpose == "email_undo")
    again = update(OneTimeKeyRow).values(email_key=ada.email).where(OneTimeKeyRow.email_key == "x")
    await shop.container.units.write(lambda it: it.execute(lapse))
    await shop.change_email(bob, ada.email)
    pending = await shop.mailed_key("email/confirm")
    await shop.container.units.write(lambda it: it.execute(again))

    answer = await shop.confirm_email(pending)

    assert only_error(answer)[:2] == TAKEN
    assert await address_of(shop, bob) == bob.email


async def test_the_address_is_free_after_that(shop, ada):
    await shop.move(ada, NEW)
    shop.clock.advance(hours=72)

    created = await shop.register(email=ada.email)

    assert created.status_code == 201
    assert created.json()["data"]["id"] != ada.reference


async def test_its_former_owner_can_move_back_at_any_time(shop, ada):
    moved = await shop.move(ada, NEW)

    await shop.move(moved, ada.email)

    assert await address_of(shop, ada) == ada.email


async def test_an_address_that_an_import_gave_away_cannot_be_taken_back(shop, ada):
    bob = await shop.account("bob@shop.example")
    thief = await shop.move(ada, NEW)
    gift = update(CustomerRow).values(email=ada.email, email_key=ada.email)
    gift = gift.where(CustomerRow.reference == bob.reference)
    await shop.container.units.write(lambda it: it.execute(gift))

    answer = await shop.undo_email((await undo_keys(shop))[0])

    assert only_error(answer)[:2] == TAKEN
    assert await shop.is_logged_in(thief)
    assert await address_of(shop, bob) == ada.email


@pytest.mark.promise("G7")
async def test_erasure_forgets_former_and_pending_addresses_and_frees_them(shop, ada):
    moved = await shop.move(ada, NEW)
    await shop.change_email(moved, THIRD)
    (key,) = await undo_keys(shop)

    await shop.call("DELETE", f"/customers/{ada.reference}", by=moved)

    assert await rows(shop, OneTimeKeyRow) == []
    limits = [row.subject for row in await rows(shop, CounterRow)]
    assert THIRD not in limits
    assert only_error(await shop.undo_email(key)) == BAD_KEY
    assert (await shop.register(email=ada.email)).status_code == 201


async def test_each_step_is_a_security_event_without_addresses(shop, ada, caplog):
    with caplog.at_level(logging.INFO):
        await shop.move(ada, NEW)
        await shop.undo_email(await shop.mailed_key("email/undo"))

    events = [it for it in caplog.records if it.message.startswith("email_change")]
    assert [it.message for it in events] == [
        "email_change_requested",
        "email_changed",
        "email_change_undone",
    ]
    assert {it.reference for it in events} == {ada.reference}
    assert ada.email not in caplog.text
    assert NEW not in caplog.text
