"""Limits of one client over all accounts, and strangers who have to wait."""

import httpx
import pytest

from customer_api.main import create_app
from tests.contract.texts import ONE_DATABASE
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error, registration

rule = pytest.mark.contract
PROXIED = {"trusted_proxies": ("192.0.2.1",)}
FORGOTTEN, CONFIRMATION = "/customer-forgotten-password", "/customer-confirmation"
RESTORE = {
    "restorePasswordKey": "x",
    "password": OTHER_PASSWORD,
    "confirmPassword": OTHER_PASSWORD,
}
LIMITED = [
    ("client_registration_limit", "POST", "/customers", registration(acceptedTerms=True)),
    ("client_refresh_limit", "POST", "/refresh-tokens", {"refreshToken": "x"}),
    ("client_restore_request_limit", "POST", FORGOTTEN, {"email": "ada@shop.example"}),
    ("client_key_limit", "POST", CONFIRMATION, {"registrationKey": "x"}),
    ("client_key_limit", "POST", "/customer-email-undo", {"key": "x"}),
    ("client_key_limit", "POST", "/customer-password-undo", {"key": "x"}),
    ("client_key_limit", "POST", "/customer-email-confirmation", {"key": "x", "password": "x"}),
    ("client_key_limit", "PATCH", "/customer-restore-password/x", RESTORE),
]


def too_many(minutes):
    return (429, "5901", f"Too many requests. Please try again in {minutes} minute(s).")


def blocked(minutes):
    return (429, "5900", f"Account is blocked. Please try again in {minutes} minute(s).")


def coming_from(address):
    return {"x-forwarded-for": address}


async def log_in_from(shop, address, password=PASSWORD, email="ada@shop.example"):
    attributes = {"username": email, "password": password}
    return await shop.call("POST", "/access-tokens", attributes, headers=coming_from(address))


@rule("limit-1", "check-20", "err-5901")
@pytest.mark.parametrize(("setting", "method", "path", "attributes"), LIMITED)
async def test_a_client_does_a_thing_so_often_in_ten_minutes(
    open_shop, setting, method, path, attributes
):
    shop = await open_shop(**{setting: 2}, **PROXIED)
    here, elsewhere = coming_from("198.51.100.1"), coming_from("198.51.100.2")
    before = [await shop.call(method, path, attributes, headers=here) for _ in range(2)]
    shop.clock.advance(seconds=30)

    refused = await shop.call(method, path, attributes, headers=here)
    invalid = await shop.call(method, path, {}, headers=here)
    other = await shop.call(method, path, attributes, headers=elsewhere)

    shop.clock.advance(seconds=570)
    after = await shop.call(method, path, attributes, headers=here)
    assert only_error(refused) == too_many(10)
    assert refused.headers["retry-after"] == "570"
    assert invalid.json()["errors"][0]["code"] == "901"
    assert 429 not in {it.status_code for it in (*before, other, after)}


@rule("limit-1")
async def test_confirmation_and_restore_keys_count_together(open_shop):
    shop = await open_shop(client_key_limit=1)
    await shop.confirm("x")

    assert only_error(await shop.restore("x")) == too_many(10)


@ONE_DATABASE
@rule("limit-2")
async def test_an_ipv6_client_cannot_change_its_address(open_shop):
    shop = await open_shop(client_key_limit=1, **PROXIED)
    attributes = {"registrationKey": "x"}

    answers = [
        await shop.call("POST", CONFIRMATION, attributes, headers=coming_from(address))
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")
    ]

    assert [it.status_code for it in answers] == [422, 429, 422]


@ONE_DATABASE
@rule("limit-3")
@pytest.mark.parametrize("settings", [{"client_key_limit": 0}, {"rate_limits": "off"}])
async def test_limits_of_clients_can_be_switched_off(open_shop, settings):
    shop = await open_shop(**{"client_key_limit": 1} | settings)

    assert {(await shop.confirm("x")).status_code for _ in range(3)} == {422}


@rule("login-10", "oauth-11")
async def test_a_client_cannot_try_many_accounts(open_shop):
    shop = await open_shop(client_login_failure_limit=3, **PROXIED)
    await shop.account()
    known = await log_in_from(shop, "198.51.100.1")
    for name in ("a", "b", "c"):
        await log_in_from(shop, "198.51.100.1", "wrong", f"{name}@shop.example")

    refused = await log_in_from(shop, "198.51.100.1", email="grace@shop.example")
    by_token = await shop.client.post(
        "/token",
        data={"grant_type": "password", "username": "grace@shop.example", "password": PASSWORD},
        headers=coming_from("198.51.100.1"),
    )
    again = await log_in_from(shop, "198.51.100.1")

    assert known.status_code == again.status_code == 201
    assert only_error(refused) == too_many(10)
    assert by_token.status_code == 429
    assert by_token.headers["retry-after"] == "600"
    assert by_token.json() == {
        "error": "temporarily_unavailable",
        "error_description": too_many(10)[2],
    }


@rule("oauth-11")
async def test_refreshes_of_both_endpoints_count_together(open_shop):
    shop = await open_shop(client_refresh_limit=1)
    account = await shop.account()
    await shop.call("POST", "/refresh-tokens", {"refreshToken": account.refresh_token})

    response = await shop.client.post(
        "/token", data={"grant_type": "refresh_token", "refresh_token": account.refresh_token}
    )

    assert response.status_code == 429
    assert response.json()["error"] == "temporarily_unavailable"


@pytest.mark.promise("S17")
@rule("login-9")
async def test_200_wrong_tries_from_everywhere_do_not_lock_the_owner_out(open_shop):
    shop = await open_shop(**PROXIED)
    await shop.account()
    assert (await log_in_from(shop, "203.0.113.1")).status_code == 201

    tries = [await log_in_from(shop, f"198.51.100.{number}", "wrong") for number in range(200)]

    new_device = await log_in_from(shop, "203.0.113.2")
    owner = await log_in_from(shop, "203.0.113.1")
    assert [it.status_code for it in tries] == [401] * 31 + [429] * 169
    assert only_error(tries[-1]) == blocked(1)
    assert {int(it.headers["retry-after"]) for it in tries[31:]} == {1}
    assert new_device.status_code == 429  # for a second
    assert owner.status_code == 201


@pytest.mark.promise("S17")
@rule("login-9")
async def test_waits_of_strangers_grow_to_half_a_minute_and_a_restore_ends_them(open_shop):
    shop = await open_shop(stranger_failure_limit=1, **PROXIED)
    await shop.account()
    await log_in_from(shop, "198.51.100.1", "wrong")
    waits = []
    for number in range(2, 9):
        assert (await log_in_from(shop, f"198.51.100.{number}", "wrong")).status_code == 401
        waits.append(int((await log_in_from(shop, "203.0.113.2")).headers["retry-after"]))
        shop.clock.advance(seconds=waits[-1])

    await shop.call("POST", FORGOTTEN, {"email": "ada@shop.example"})
    restore = {**RESTORE, "restorePasswordKey": await shop.mailed_key()}
    home = coming_from("203.0.113.9")
    await shop.call("PATCH", "/customer-restore-password/x", restore, headers=home)
    for number in range(4):
        await log_in_from(shop, f"198.51.100.{number}", "wrong")

    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert (await log_in_from(shop, "203.0.113.9", OTHER_PASSWORD)).status_code == 201


@pytest.mark.promise("S17")
@rule("login-5", "base-3")
async def test_a_spoofed_address_changes_nothing_and_counters_are_shared(open_shop):
    shop, other = await open_shop(), await open_shop()
    await shop.account()
    for number in range(10):
        await log_in_from((shop, other)[number % 2], f"198.51.100.{number}", "wrong")

    refused = [await log_in_from(it, "203.0.113.1") for it in (shop, other)]
    restarted = await open_shop()

    assert [only_error(it) for it in refused] == [blocked(1)] * 2
    assert only_error(await log_in_from(restarted, "203.0.113.1")) == blocked(1)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(shop.container), client=("203.0.113.1", 1)),
        base_url="http://api.shop.example/v1",
    ) as elsewhere:
        body = {"data": {"type": "access-tokens", "attributes": LOGIN}}
        assert (await elsewhere.post("/access-tokens", json=body)).status_code == 201


LOGIN = {"username": "ada@shop.example", "password": PASSWORD}
