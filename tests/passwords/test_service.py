import asyncio
from collections import Counter

import asyncpg
import pytest
from sqlalchemy.util import await_only

from customer_api.credentials.models import OneTimeKeyRow
from customer_api.mail.models import MailRow
from customer_api.security.rate_limit import MailboxLimiter
from tests.meddling import during_next
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error
from tests.tables import connect, rows

THIRD_PASSWORD = "Th1rd-Horse-Stapled."
WAITING = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def change(shop, account, *, old=PASSWORD, new=OTHER_PASSWORD):
    attributes = {"password": old, "newPassword": new, "confirmPassword": new}
    path = f"/customer-password/{account.reference}"
    return await shop.call("PATCH", path, attributes, by=account)


async def forget(shop, email="ada@shop.example"):
    answer = await shop.call("POST", "/customer-forgotten-password", {"email": email})
    assert answer.status_code == 204


async def forget_and_answer(shop):
    await forget(shop)
    await shop.container.restore_requests.answer()


async def restore(shop, key, password=OTHER_PASSWORD):
    attributes = {"restorePasswordKey": key, "password": password, "confirmPassword": password}
    return await shop.call("PATCH", "/customer-restore-password/x", attributes)


async def templates(shop):
    """Return how many mails of each kind were queued."""
    return Counter(row.template for row in await rows(shop, MailRow))


@pytest.fixture
async def ada(shop):
    return await shop.account()


async def test_a_change_ends_the_other_sessions_and_spares_the_acting_one(shop, ada):
    elsewhere = await shop.session(ada.reference, ada.email)

    assert (await change(shop, ada)).status_code == 204

    assert await shop.is_logged_in(ada)
    assert not await shop.is_logged_in(elsewhere)
    assert (await templates(shop))["password_changed"] == 1


async def test_of_two_parallel_changes_one_wins(shop, ada):
    bodies = (OTHER_PASSWORD, THIRD_PASSWORD)

    answers = await asyncio.gather(*(change(shop, ada, new=password) for password in bodies))

    assert sorted(answer.status_code for answer in answers) == [204, 400]
    winner = bodies[[answer.status_code for answer in answers].index(204)]
    logins = {password: await shop.log_in(password=password) for password in bodies}
    assert {it for it, answer in logins.items() if answer.status_code == 201} == {winner}


async def test_a_change_is_refused_when_the_password_was_restored_meanwhile(shop, ada):
    await forget(shop)
    key = await shop.mailed_key()
    during_next(shop.container.hasher, "hash", lambda: restore(shop, key, THIRD_PASSWORD))

    refused = await change(shop, ada)

    assert only_error(refused)[:2] == (401, "001")  # the restore ended this session too
    assert (await shop.log_in(password=THIRD_PASSWORD)).status_code == 201


async def test_a_change_is_refused_when_another_session_changed_the_password_meanwhile(shop, ada):
    async def change_elsewhere():
        # The acting session survives its own change, so it gets as far as the second look.
        assert (await change(shop, ada, new=THIRD_PASSWORD)).status_code == 204

    during_next(shop.container.hasher, "hash", change_elsewhere)

    refused = await change(shop, ada)

    assert only_error(refused) == (400, "408", "Invalid password")
    assert (await shop.log_in(password=THIRD_PASSWORD)).status_code == 201


async def test_a_change_makes_mailed_keys_worthless(shop, ada):
    await forget(shop)
    key = await shop.mailed_key()

    await change(shop, ada)

    assert only_error(await restore(shop, key, THIRD_PASSWORD))[:2] == (422, "415")


@pytest.mark.promise("G4", "S49")
async def test_one_of_many_concurrent_uses_of_a_restore_key_succeeds(open_shop):
    shop, other = await open_shop(), await open_shop()
    await shop.account()
    await forget(shop)
    key = await shop.mailed_key()
    passwords = [f"Corr3ct-Horse-{letter}." for letter in "abcdefghij"]
    for each in (shop, other):
        await connect(each)

    answers = await asyncio.gather(
        *(
            restore((shop, other)[number % 2], key, password)
            for number, password in enumerate(passwords)
        )
    )

    statuses = [answer.status_code for answer in answers]
    assert Counter(statuses) == {204: 1, 422: 9}
    winner = passwords[statuses.index(204)]
    assert (await shop.log_in(password=winner)).status_code == 201
    assert (await templates(shop))["password_changed"] == 1


async def test_a_restore_is_refused_when_its_key_was_superseded_meanwhile(shop, ada):
    await forget(shop)
    key = await shop.mailed_key()

    async def supersede():
        await forget(shop)
        await shop.mails()

    during_next(shop.container.hasher, "hash", supersede)

    refused = await restore(shop, key)

    assert only_error(refused)[:2] == (422, "415")
    assert (await shop.log_in(password=PASSWORD)).status_code == 201


async def test_a_restore_key_works_until_its_last_microsecond(shop, ada):
    await forget(shop)
    key = await shop.mailed_key()
    shop.clock.advance(hours=2, microseconds=-1)

    assert (await restore(shop, key)).status_code == 204


async def test_a_restore_key_has_expired_at_its_end(shop, ada):
    await forget(shop)
    key = await shop.mailed_key()
    shop.clock.advance(hours=2)

    assert only_error(await restore(shop, key))[:2] == (422, "415")


async def test_a_key_that_expires_while_the_password_is_hashed_is_refused(shop, ada):
    await forget(shop)
    key = await shop.mailed_key()
    shop.clock.advance(hours=2, microseconds=-1)

    async def wait():
        shop.clock.advance(microseconds=1)

    during_next(shop.container.hasher, "hash", wait)

    assert only_error(await restore(shop, key))[:2] == (422, "415")


async def test_a_refused_password_leaves_the_key_usable(shop, ada):
    await forget(shop)
    key = await shop.mailed_key()

    refused = await restore(shop, key, "Corr3ct-Horseee.")

    assert only_error(refused)[:2] == (400, "421")
    assert (await restore(shop, key)).status_code == 204


@pytest.mark.promise("S50")
async def test_a_restore_ends_all_sessions_and_tells_the_mailbox(shop, ada):
    await forget(shop)

    await restore(shop, await shop.mailed_key())

    assert not await shop.is_logged_in(ada)
    assert (await shop.log_in(password=PASSWORD)).status_code == 401
    assert (await shop.mails())[-1]["Subject"]
    assert (await templates(shop))["password_changed"] == 1


@pytest.mark.promise("S50")
async def test_a_restore_confirms_the_account_and_voids_the_confirmation_key(shop):
    await shop.register()
    confirmation = await shop.mailed_key()
    await forget(shop)

    await restore(shop, await shop.mailed_key())

    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201
    assert only_error(await shop.confirm(confirmation))[:2] == (422, "423")


async def test_a_restore_ends_a_login_block(shop, ada):
    for _ in range(10):
        await shop.log_in(password=THIRD_PASSWORD)
    assert (await shop.log_in()).status_code == 429
    await forget(shop)

    await restore(shop, await shop.mailed_key())

    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201


async def test_only_the_newest_restore_key_works(shop, ada):
    await forget(shop)
    older = await shop.mailed_key()
    await forget(shop)
    newer = await shop.mailed_key()

    assert (await restore(shop, older)).status_code == 422
    assert (await restore(shop, newer)).status_code == 204


@pytest.mark.promise("S52")
async def test_a_stranger_cannot_bomb_a_mailbox(open_shop, caplog):
    shop = await open_shop(client_restore_request_limit=0)
    ada = await shop.account()
    for _ in range(100):
        await forget(shop, "ADA@shop.example")
    await shop.mails()
    for _ in range(5):
        await shop.register()

    assert len(await shop.mails()) == 3  # the one of the registration, too
    limited = [it for it in caplog.records if it.message == "mail_limit_reached"]
    assert len(limited) == 103
    assert {it.reference for it in limited} == {ada.reference}
    assert (await restore(shop, await shop.mailed_key())).status_code == 204
    shop.clock.advance(hours=1)
    await forget(shop)
    assert len(await shop.mails()) == 5  # and the one that tells of the restore


async def test_unknown_addresses_get_no_mail(shop):
    await forget(shop, "nobody@shop.example")

    assert await shop.mails() == []


@pytest.mark.promise("S50")
async def test_a_restore_key_of_an_erased_account_is_worthless(shop, ada):
    await forget(shop)
    key = await shop.mailed_key()

    async def erase():
        await shop.call("DELETE", f"/customers/{ada.reference}", by=ada)

    during_next(shop.container.hasher, "hash", erase)

    assert only_error(await restore(shop, key))[:2] == (422, "415")
    assert only_error(await restore(shop, key))[:2] == (422, "415")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("request_mail", [forget_and_answer, lambda shop: shop.register()])
async def test_no_mail_or_key_is_written_beside_an_erasure(
    shop, ada, database_url, monkeypatch, request_mail
):
    operator = await asyncpg.connect(database_url)
    erasures = []
    allow = MailboxLimiter.allow

    async def erase():
        erasures.append(
            asyncio.create_task(shop.call("DELETE", f"/customers/{ada.reference}", by=ada))
        )
        while not erasures[0].done() and not await operator.fetchval(WAITING):
            pass

    def erase_first(*arguments):
        await_only(erase())
        return allow(*arguments)

    monkeypatch.setattr(MailboxLimiter, "allow", erase_first)
    await request_mail(shop)

    assert (await erasures[0]).status_code == 204
    assert await rows(shop, OneTimeKeyRow) == []
    kept = {row.template for row in await rows(shop, MailRow) if row.recipient is not None}
    assert kept == {"account_deleted"}
    await operator.close()
