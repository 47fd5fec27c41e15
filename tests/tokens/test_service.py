import asyncio
import logging
from collections import Counter

import pytest
from passlib.hash import bcrypt

from customer_api.credentials import repository as credentials
from customer_api.credentials.models import CredentialRow
from customer_api.mail.models import MailRow
from customer_api.security.refresh_tokens import RefreshFailed, RefreshTokenReused
from customer_api.security.signing_keys import generate_signing_key
from customer_api.tokens.errors import LoginFailed
from customer_api.tokens.models import RefreshTokenRow, SessionRow
from customer_api.tokens.service import LogIn
from tests.meddling import during_next
from tests.shop import OTHER_PASSWORD, PASSWORD, START, only_error
from tests.tables import connect, rows

DAY = 24 * 3600
REFUSED = (401, "003", "Failed to authenticate user.")


def log_in(email="ada@shop.example", password=PASSWORD):
    return LogIn(email, password, "192.0.2.1")


async def outcomes(calls):
    """Return what concurrent calls returned or raised."""
    return await asyncio.gather(*calls, return_exceptions=True)


async def change_password(shop, account):
    attributes = {
        "password": PASSWORD,
        "newPassword": OTHER_PASSWORD,
        "confirmPassword": OTHER_PASSWORD,
    }
    answer = await shop.call(
        "PATCH", f"/customer-password/{account.reference}", attributes, by=account
    )
    assert answer.status_code == 204


async def erase(shop, account):
    answer = await shop.call("DELETE", f"/customers/{account.reference}", by=account)
    assert answer.status_code == 204


@pytest.mark.promise("G4", "S25")
async def test_many_parallel_refreshes_get_one_successor(open_shop):
    shop, other = await open_shop(), await open_shop()
    ada = await shop.account()
    for each in (shop, other):
        await connect(each)

    pairs = await asyncio.gather(
        *(it.container.tokens.refresh(ada.refresh_token) for _ in range(25) for it in (shop, other))
    )

    assert len({pair.refresh_token for pair in pairs}) == 1
    assert ada.refresh_token not in {pair.refresh_token for pair in pairs}
    assert len(await rows(shop, RefreshTokenRow)) == 2
    assert (await rows(shop, SessionRow))[0].ended_at is None


@pytest.mark.promise("S26")
async def test_a_repeated_refresh_gets_the_same_successor_until_the_end_of_the_retry_time(shop):
    ada = await shop.account()
    first = await shop.container.tokens.refresh(ada.refresh_token)
    shop.clock.advance(seconds=10)

    again = await shop.container.tokens.refresh(ada.refresh_token)

    assert again.refresh_token == first.refresh_token
    assert again.access_token != first.access_token


@pytest.mark.promise("S27")
async def test_a_later_repetition_ends_the_session(shop, caplog):
    ada = await shop.account()
    newest = await shop.container.tokens.refresh(ada.refresh_token)
    shop.clock.advance(seconds=10, microseconds=1)

    with caplog.at_level(logging.WARNING), pytest.raises(RefreshTokenReused):
        await shop.container.tokens.refresh(ada.refresh_token)

    assert not await shop.is_logged_in(ada)
    with pytest.raises(RefreshFailed):
        await shop.container.tokens.refresh(newest.refresh_token)
    (session,) = await rows(shop, SessionRow)
    assert (session.end_reason, session.ended_at) == ("reused", shop.clock.now())
    (record,) = (it for it in caplog.records if it.message == "refresh_token_reused")
    assert record.session == session.uuid


async def test_the_theft_of_one_customers_tokens_keeps_no_mail_from_another(open_shop):
    shop = await open_shop(mails_per_hour=1)
    accounts = [await shop.account(), await shop.account("grace@shop.example")]
    for account in accounts:
        await shop.container.tokens.refresh(account.refresh_token)
    shop.clock.advance(minutes=1)

    for account in accounts:
        with pytest.raises(RefreshTokenReused):
            await shop.container.tokens.refresh(account.refresh_token)

    told = [it for it in await rows(shop, MailRow) if it.template == "refresh_token_reused"]
    assert [it.recipient for it in told] == [account.email for account in accounts]


@pytest.mark.contract("mail-9")
@pytest.mark.promise("S27")
async def test_the_owner_is_told_of_a_theft_a_few_times_an_hour_at_the_most(shop):
    ada = await shop.account()
    stolen = [await shop.session(ada.reference, ada.email) for _ in range(4)]
    for session in stolen:
        await shop.container.tokens.refresh(session.refresh_token)
    shop.clock.advance(seconds=11)
    for session in stolen:
        with pytest.raises(RefreshTokenReused):
            await shop.container.tokens.refresh(session.refresh_token)

    mails = await shop.mails()

    subjects = [it["Subject"] for it in mails if it["Subject"] == "A session of yours was closed"]
    assert len(subjects) == 3


@pytest.mark.promise("S27")
async def test_mails_that_strangers_ask_for_do_not_silence_the_notice_of_a_theft(shop):
    ada = await shop.account()
    await shop.container.tokens.refresh(ada.refresh_token)
    for _ in range(3):
        await shop.call("POST", "/customer-forgotten-password", {"email": ada.email})
    await shop.mails()
    shop.clock.advance(seconds=11)

    with pytest.raises(RefreshTokenReused):
        await shop.container.tokens.refresh(ada.refresh_token)

    assert (await shop.mails())[-1]["Subject"] == "A session of yours was closed"


async def test_logins_and_their_ends_are_security_events(shop, caplog):
    caplog.set_level(logging.INFO)
    ada = await shop.account()
    await shop.log_in(password=OTHER_PASSWORD)
    await shop.log_in("nobody@shop.example")
    await shop.register(email="eve@shop.example")
    await shop.log_in("eve@shop.example")
    await shop.call("DELETE", f"/refresh-tokens/{ada.refresh_token}", by=ada)
    other = await shop.session(ada.reference, ada.email)
    await shop.call("DELETE", "/refresh-tokens/mine", by=other)
    await shop.call("GET", "/customers", by=other)
    await shop.call("GET", "/customers", headers={"Authorization": "Bearer abc"})
    forged = f"{other.access_token[:-4]}AAAA"
    await shop.call("GET", "/customers", headers={"Authorization": f"Bearer {forged}"})
    shop.clock.advance(hours=8)
    await shop.call("GET", "/customers", by=other)

    def events(name, *fields):
        lines = [it for it in caplog.records if it.message == name]
        return [tuple(getattr(it, field) for field in fields) for it in lines]

    assert events("login_succeeded", "reference") == [(ada.reference,)] * 2
    assert [it for (it,) in events("login_failed", "reference")][:2] == [ada.reference, None]
    assert events("login_failed", "reference")[2][0].startswith("DE--")
    sessions = [it for (it,) in events("login_succeeded", "session")]
    assert events("sessions_ended", "reference", "session", "reason") == [
        (ada.reference, sessions[0], "logged_out"),
        (ada.reference, None, "logged_out"),
    ]
    assert events("access_token_refused", "reason") == [("logged_out",), ("forged",)]


async def test_a_thief_ends_one_session_and_no_other(shop):
    ada = await shop.account()
    elsewhere = await shop.session(ada.reference, ada.email)
    await shop.container.tokens.refresh(ada.refresh_token)
    shop.clock.advance(seconds=11)

    with pytest.raises(RefreshTokenReused):
        await shop.container.tokens.refresh(ada.refresh_token)

    assert await shop.is_logged_in(elsewhere)


@pytest.mark.promise("S26")
async def test_a_repetition_after_the_successor_was_used_is_refused_and_ends_nothing(shop):
    ada = await shop.account()
    second = await shop.container.tokens.refresh(ada.refresh_token)
    third = await shop.container.tokens.refresh(second.refresh_token)

    with pytest.raises(RefreshFailed) as caught:
        await shop.container.tokens.refresh(ada.refresh_token)

    assert type(caught.value) is RefreshFailed
    assert await shop.container.tokens.refresh(third.refresh_token)


@pytest.mark.promise("S26")
async def test_without_retry_time_the_first_repetition_ends_the_session(open_shop):
    shop = await open_shop(refresh_retry_seconds=0)
    ada = await shop.account()
    await shop.container.tokens.refresh(ada.refresh_token)

    with pytest.raises(RefreshTokenReused):
        await shop.container.tokens.refresh(ada.refresh_token)

    assert not await shop.is_logged_in(ada)


async def test_a_new_signing_key_breaks_no_retry(open_shop, signing_key, tmp_path):
    new_key = tmp_path / "new.pem"
    generate_signing_key(new_key)
    before = await open_shop()
    ada = await before.account()
    first = await before.container.tokens.refresh(ada.refresh_token)

    after = await open_shop(signing_keys=(new_key, signing_key))

    again = await after.container.tokens.refresh(ada.refresh_token)
    assert again.refresh_token == first.refresh_token
    assert await after.is_logged_in(ada)
    assert len(await rows(after, RefreshTokenRow)) == 2


async def test_after_the_old_key_is_gone_a_retry_is_refused_and_ends_nothing(open_shop, tmp_path):
    new_key = tmp_path / "new.pem"
    generate_signing_key(new_key)
    before = await open_shop()
    ada = await before.account()
    first = await before.container.tokens.refresh(ada.refresh_token)
    after = await open_shop(signing_keys=(new_key,))

    with pytest.raises(RefreshFailed):
        await after.container.tokens.refresh(ada.refresh_token)

    assert await after.container.tokens.refresh(first.refresh_token)


async def test_an_unused_refresh_token_works_until_its_last_microsecond(shop):
    ada = await shop.account()
    shop.clock.advance(days=30, microseconds=-1)

    assert await shop.container.tokens.refresh(ada.refresh_token)


@pytest.mark.promise("S33")
async def test_an_unused_refresh_token_has_expired_at_its_end(shop):
    ada = await shop.account()
    shop.clock.advance(days=30)

    with pytest.raises(RefreshFailed) as caught:
        await shop.container.tokens.refresh(ada.refresh_token)

    assert caught.value.reason == "expired"


@pytest.mark.promise("S33")
async def test_a_session_that_is_refreshed_all_the_time_ends_after_ninety_days(shop):
    ada = await shop.account()
    token = ada.refresh_token
    for _ in range(3):
        shop.clock.advance(days=29)
        token = (await shop.container.tokens.refresh(token)).refresh_token
    shop.clock.advance(days=3, microseconds=-1)
    last = await shop.container.tokens.refresh(token)
    shop.clock.advance(microseconds=1)

    with pytest.raises(RefreshFailed):
        await shop.container.tokens.refresh(last.refresh_token)

    session = await shop.call(
        "GET", "/customers", headers={"Authorization": f"Bearer {last.access_token}"}
    )
    assert only_error(session)[:2] == (401, "001")


async def test_refresh_tokens_never_outlive_their_session(open_shop):
    shop = await open_shop(refresh_token_ttl_seconds=2 * DAY, refresh_token_max_ttl_seconds=3 * DAY)
    ada = await shop.account()
    shop.clock.advance(days=1, hours=12)
    await shop.container.tokens.refresh(ada.refresh_token)

    session = (await rows(shop, SessionRow))[0]
    lifetimes = [row.expires_at - START for row in await rows(shop, RefreshTokenRow)]

    assert session.expires_at - START == max(lifetimes)
    assert [it.total_seconds() for it in lifetimes] == [2 * DAY, 3 * DAY]


async def test_an_unused_successor_that_expired_is_not_repeated(open_shop):
    shop = await open_shop(
        refresh_token_ttl_seconds=60,
        refresh_token_max_ttl_seconds=65,
        refresh_retry_seconds=300,
    )
    ada = await shop.account()
    shop.clock.advance(seconds=59)
    await shop.container.tokens.refresh(ada.refresh_token)
    shop.clock.advance(seconds=6)

    with pytest.raises(RefreshFailed):
        await shop.container.tokens.refresh(ada.refresh_token)


@pytest.mark.parametrize("token", ["", "garbage", "\ud800", "x" * 5000])
async def test_what_was_never_a_refresh_token_is_refused(shop, token):
    with pytest.raises(RefreshFailed):
        await shop.container.tokens.refresh(token)


async def test_only_digests_of_refresh_tokens_are_stored(shop):
    ada = await shop.account()

    (row,) = await rows(shop, RefreshTokenRow)

    assert len(row.digest) == 32
    assert ada.refresh_token.encode() not in row.digest
    assert len(ada.refresh_token) <= 64


async def test_the_old_password_is_refused_when_it_changes_during_the_login(shop):
    ada = await shop.account()
    during_next(shop.container.hasher, "verify", lambda: change_password(shop, ada))

    with pytest.raises(LoginFailed):
        await shop.container.tokens.log_in(log_in())

    assert len(await rows(shop, SessionRow)) == 1


async def test_an_account_erased_during_the_login_gets_no_session(shop):
    ada = await shop.account()
    during_next(shop.container.hasher, "verify", lambda: erase(shop, ada))

    refused = await shop.log_in()

    assert only_error(refused) == REFUSED
    assert await rows(shop, SessionRow) == []


async def test_parallel_first_logins_with_an_old_digest_all_work_and_replace_it(shop):
    ada = await shop.account()
    (before,) = await rows(shop, CredentialRow)
    digest = bcrypt.using(rounds=4, ident="2y").hash(PASSWORD)
    await shop.container.units.write(
        lambda it: credentials.set_password_hash(
            it, before.customer_id, digest, now=shop.clock.now()
        )
    )

    answers = await asyncio.gather(*(shop.log_in() for _ in range(4)))

    statuses = Counter(answer.status_code for answer in answers)
    (after,) = await rows(shop, CredentialRow)
    assert statuses == {201: 4}
    assert after.password_hash.startswith("$argon2id$")
    assert await shop.is_logged_in(ada)


async def test_nobody_can_tell_why_a_login_fails(shop):
    ada = await shop.account()
    await shop.register(email="new@shop.example")
    gone = await shop.account("gone@shop.example")
    await erase(shop, gone)

    answers = [
        await shop.log_in(ada.email, OTHER_PASSWORD),
        await shop.log_in("nobody@shop.example"),
        await shop.log_in("new@shop.example"),
        await shop.log_in("gone@shop.example"),
    ]

    assert {answer.content for answer in answers} == {answers[0].content}
    assert {only_error(answer) for answer in answers} == {REFUSED}
    names = [[name for name, _ in answer.headers.multi_items()] for answer in answers]
    assert all(each == names[0] for each in names)


async def test_a_login_with_an_erased_address_and_its_random_replacement_fails(shop):
    ada = await shop.account()
    await erase(shop, ada)

    with pytest.raises(LoginFailed):
        await shop.container.tokens.log_in(log_in("anon@anonymized.invalid"))


async def test_logging_out_races_with_refreshing_without_reviving_anything(shop):
    ada = await shop.account()
    await connect(shop)

    results = await outcomes(
        [
            shop.call("DELETE", "/refresh-tokens/mine", by=ada),
            *(shop.container.tokens.refresh(ada.refresh_token) for _ in range(8)),
        ]
    )

    assert results[0].status_code == 204
    assert not await shop.is_logged_in(ada)
    issued = {it.refresh_token for it in results[1:] if not isinstance(it, RefreshFailed)}
    for token in (ada.refresh_token, *issued):
        with pytest.raises(RefreshFailed):
            await shop.container.tokens.refresh(token)
