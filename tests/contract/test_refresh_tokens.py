"""Refreshing and logging out."""

import re
from dataclasses import replace

import pytest

from tests.contract.texts import ONE_DATABASE
from tests.shop import only_error

rule = pytest.mark.contract
FAILED = (401, "004", "Failed to refresh token.")


async def refresh(shop, token):
    return await shop.call("POST", "/refresh-tokens", {"refreshToken": token})


async def rotated(shop, account):
    """Return the account with its next tokens."""
    response = await refresh(shop, account.refresh_token)
    assert response.status_code == 201, response.text
    tokens = response.json()["data"]["attributes"]
    return replace(
        account, access_token=tokens["accessToken"], refresh_token=tokens["refreshToken"]
    )


@rule("refresh-1", "refresh-6", "doc-5")
async def test_a_refresh_answers_with_a_new_pair(shop):
    account = await shop.account()

    response = await refresh(shop, account.refresh_token)

    data = response.json()["data"]
    attributes = data["attributes"]
    assert response.status_code == 201
    assert (data["type"], data["id"]) == ("refresh-tokens", None)
    assert data["links"] == {"self": "http://api.shop.example/v1/refresh-tokens"}
    assert list(attributes) == [
        "tokenType",
        "expiresIn",
        "accessToken",
        "refreshToken",
        "idCompanyUser",
    ]
    assert attributes["refreshToken"] != account.refresh_token
    assert attributes["accessToken"] != account.access_token


@rule("refresh-6")
async def test_old_access_tokens_stay_good_after_a_refresh(shop):
    account = await shop.account()

    successor = await rotated(shop, account)

    assert await shop.is_logged_in(account)
    assert await shop.is_logged_in(successor)


@rule("refresh-1", "body-2")
async def test_unknown_attributes_of_a_refresh_are_ignored(shop):
    account = await shop.account()
    attributes = {"refreshToken": account.refresh_token, "refresh_token": "other"}

    response = await shop.call("POST", "/refresh-tokens", attributes)

    assert response.status_code == 201


@ONE_DATABASE
@rule("refresh-1", "val-2", "val-6")
@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({}, "This field is missing."),
        ({"refreshToken": ""}, "This value should not be blank."),
        ({"refreshToken": None}, "This value should not be blank."),
        ({"refreshToken": 5}, "This value should be of type string."),
    ],
)
async def test_the_field_of_a_refresh_follows_its_rules(shop, attributes, message):
    response = await shop.call("POST", "/refresh-tokens", attributes)

    assert only_error(response) == (422, "901", f"refreshToken => {message}")


@rule("refresh-9", "err-004", "head-2")
@pytest.mark.parametrize(
    "token", ["x", "Bearer {access}", "{access}", "{refresh}x", "ü", "x" * 9000]
)
async def test_what_is_no_refresh_token_is_refused(shop, token):
    account = await shop.account()
    token = token.format(access=account.access_token, refresh=account.refresh_token)

    response = await refresh(shop, token)

    assert only_error(response) == FAILED


@rule("refresh-5")
async def test_a_refresh_token_is_short_and_fits_into_a_url(shop):
    account = await shop.account()

    successor = await rotated(shop, account)

    for token in (account.refresh_token, successor.refresh_token):
        assert re.fullmatch(r"[A-Za-z0-9_-]{43,64}", token)


@rule("refresh-5", "refresh-9")
@pytest.mark.parametrize(("days", "status"), [(29.99, 201), (30, 401)])
async def test_a_refresh_token_lasts_thirty_days(shop, days, status):
    account = await shop.account()
    shop.clock.advance(days=days)

    response = await refresh(shop, account.refresh_token)

    assert response.status_code == status


@rule("refresh-5", "refresh-9")
async def test_a_session_lasts_ninety_days_however_often_it_is_refreshed(shop):
    account = await shop.account()
    for _ in range(3):
        shop.clock.advance(days=29)
        account = await rotated(shop, account)
    shop.clock.advance(days=3)

    response = await refresh(shop, account.refresh_token)

    assert only_error(response) == FAILED
    assert not await shop.is_logged_in(account)


@rule("refresh-7")
@pytest.mark.parametrize("seconds", [0, 10])
async def test_a_retry_gets_the_same_successor(shop, seconds):
    account = await shop.account()
    first = await rotated(shop, account)
    shop.clock.advance(seconds=seconds)

    second = await rotated(shop, account)

    assert second.refresh_token == first.refresh_token
    assert await shop.is_logged_in(second)


@rule("refresh-7")
async def test_a_retry_after_the_successor_was_used_fails_and_ends_nothing(shop):
    account = await shop.account()
    successor = await rotated(shop, account)
    newest = await rotated(shop, successor)

    response = await refresh(shop, account.refresh_token)

    assert only_error(response) == FAILED
    assert await shop.is_logged_in(newest)
    assert (await refresh(shop, newest.refresh_token)).status_code == 201


@pytest.mark.promise("S27")
@rule("refresh-8")
async def test_a_reused_token_ends_its_session_and_no_other(shop):
    account = await shop.account()
    other = await shop.session(account.reference, account.email)
    successor = await rotated(shop, account)
    shop.clock.advance(seconds=11)

    response = await refresh(shop, account.refresh_token)

    assert only_error(response) == FAILED
    assert only_error(await refresh(shop, successor.refresh_token)) == FAILED
    assert not await shop.is_logged_in(successor)
    assert await shop.is_logged_in(other)


@rule("refresh-8")
async def test_retries_can_be_forbidden(open_shop):
    shop = await open_shop(refresh_retry_seconds=0)
    account = await shop.account()
    successor = await rotated(shop, account)

    response = await refresh(shop, account.refresh_token)

    assert only_error(response) == FAILED
    assert not await shop.is_logged_in(successor)


@pytest.mark.promise("S29")
@rule("refresh-2", "refresh-9", "doc-8")
async def test_logging_out_ends_the_session_of_that_token(shop):
    account = await shop.account()
    other = await shop.session(account.reference, account.email)

    response = await shop.call("DELETE", f"/refresh-tokens/{other.refresh_token}", by=account)

    assert (response.status_code, response.content) == (204, b"")
    assert only_error(await refresh(shop, other.refresh_token)) == FAILED
    assert not await shop.is_logged_in(other)
    assert await shop.is_logged_in(account)


@pytest.mark.promise("S29")
@rule("refresh-3")
async def test_logging_out_everywhere_ends_all_sessions_of_the_caller(shop):
    account = await shop.account()
    other = await shop.session(account.reference, account.email)
    stranger = await shop.account("grace@shop.example")

    response = await shop.call("DELETE", "/refresh-tokens/mine", by=account)

    assert response.status_code == 204
    assert not await shop.is_logged_in(account)
    assert not await shop.is_logged_in(other)
    assert only_error(await refresh(shop, other.refresh_token)) == FAILED
    assert await shop.is_logged_in(stranger)


@pytest.mark.promise("S29")
@rule("refresh-4")
async def test_deleting_somebody_elses_token_does_nothing(shop):
    account = await shop.account()
    stranger = await shop.account("grace@shop.example")

    response = await shop.call("DELETE", f"/refresh-tokens/{stranger.refresh_token}", by=account)

    assert response.status_code == 204
    assert await shop.is_logged_in(stranger)
    assert (await refresh(shop, stranger.refresh_token)).status_code == 201


@pytest.mark.promise("S29")
@rule("refresh-4")
@pytest.mark.parametrize("token", ["x", "def50200aa", "%20", "Mine", "%C3%BC", "x" * 500])
async def test_deleting_an_unknown_token_does_nothing(shop, token):
    account = await shop.account()

    response = await shop.call("DELETE", f"/refresh-tokens/{token}", by=account)

    assert response.status_code == 204
    assert await shop.is_logged_in(account)
