"""What counts as a failed login, wherever a password is asked for."""

import logging

import pytest

from customer_api.core.errors import DatabaseUnavailable
from customer_api.credentials import repository as credentials
from customer_api.customers import repository as customers
from customer_api.security.hashing import HashingBusy, PasswordHasher
from customer_api.security.login_limits import LoginLimiter
from tests.shop import OTHER_PASSWORD, PASSWORD, only_error

ADA = "ada@shop.example"
BLOCKED = (429, "5900")


def change(shop, account, password=PASSWORD, new=OTHER_PASSWORD):
    attributes = {"password": password, "newPassword": new, "confirmPassword": new}
    return shop.call("PATCH", f"/customer-password/{account.reference}", attributes, by=account)


@pytest.fixture
def busy(monkeypatch):
    """Let no password be hashed, until the returned function is called."""

    async def refuse(*_):
        raise HashingBusy

    verify = PasswordHasher.verify
    monkeypatch.setattr(PasswordHasher, "verify", refuse)
    return lambda: monkeypatch.setattr(PasswordHasher, "verify", verify)


async def test_passwords_that_nobody_could_look_at_block_nobody(shop, busy):
    statuses = [(await shop.log_in()).status_code for _ in range(12)]
    busy()
    await shop.account()

    assert statuses == [503] * 12
    assert (await shop.log_in()).status_code == 201


async def test_what_is_counted_stays_when_the_database_is_lost_meanwhile(shop, busy, monkeypatch):
    async def lose(*_):
        raise DatabaseUnavailable

    monkeypatch.setattr(LoginLimiter, "give_back", lose)

    assert (await shop.log_in()).status_code == 503


@pytest.mark.contract("pass-5")
@pytest.mark.promise("S17")
async def test_the_present_password_cannot_be_guessed_through_a_session(shop, caplog):
    account = await shop.account()
    caplog.set_level(logging.WARNING)

    wrong = [only_error(await change(shop, account, "wrong")) for _ in range(10)]
    right = only_error(await change(shop, account))
    login = only_error(await shop.log_in())

    failures = [it for it in caplog.records if it.message == "login_failed"]
    assert {it[:2] for it in wrong} == {(400, "408")}
    assert (right[:2], login[:2]) == (BLOCKED, BLOCKED)
    assert {it.reference for it in failures} == {account.reference}


async def test_a_new_password_that_the_policy_refuses_is_no_failed_login(shop):
    account = await shop.account()

    for _ in range(12):
        assert only_error(await change(shop, account, new="Password123!"))[1] == "422"

    assert (await change(shop, account)).status_code == 204


async def test_a_right_password_ends_the_failures_before_it(shop):
    account = await shop.account()
    for _ in range(9):
        await change(shop, account, "wrong")
    await change(shop, account)

    for _ in range(9):
        await shop.log_in(password="wrong")

    assert (await shop.log_in(password=OTHER_PASSWORD)).status_code == 201


@pytest.fixture
def rehashed(shop, monkeypatch):
    """Let another device store a better digest of the same password while the first is compared."""
    verify = PasswordHasher.verify
    better = []

    async def verify_slowly(hasher, password, digest):
        verification = await verify(hasher, password, digest)
        if not better:
            better.append(await hasher.hash(PASSWORD))
            await shop.container.units.write(lambda it: store(it, better[0], shop.clock.now()))
        return verification

    def store(connection, digest, now):
        customer = customers.find_by_email(connection, ADA)
        credentials.set_password_hash(connection, customer.id, digest, now=now)

    return lambda: monkeypatch.setattr(PasswordHasher, "verify", verify_slowly)


async def test_a_right_password_is_right_whoever_rehashes_it_meanwhile(shop, rehashed):
    account = await shop.account()
    rehashed()

    assert (await change(shop, account)).status_code == 204


async def test_a_new_email_is_confirmed_whoever_rehashes_the_password_meanwhile(shop, rehashed):
    account = await shop.account()
    await shop.change_email(account, "new@shop.example")
    key = await shop.mailed_key("email/confirm")
    rehashed()

    assert (await shop.confirm_email(key)).status_code == 204


async def test_what_the_limits_cannot_note_does_not_happen(shop, monkeypatch):
    account = await shop.account()
    await shop.call("POST", "/customer-forgotten-password", {"email": account.email})
    key = await shop.mailed_key("password/restore")
    succeeded = LoginLimiter.succeeded

    def lose(*_):
        raise DatabaseUnavailable

    monkeypatch.setattr(LoginLimiter, "succeeded", lose)
    lost = [await shop.restore(key), await shop.log_in()]
    monkeypatch.setattr(LoginLimiter, "succeeded", succeeded)

    assert {it.status_code for it in lost} == {503}
    assert (await shop.log_in()).status_code == 201
    assert (await shop.restore(key)).status_code == 204
