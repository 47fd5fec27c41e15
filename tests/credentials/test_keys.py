import base64
import hashlib
from datetime import timedelta

import pytest

from customer_api.credentials.keys import MailedKeys
from customer_api.credentials.mails import KeyLink
from customer_api.credentials.models import OneTimeKeyRow, Purpose
from customer_api.customers.repository import find_by_email
from tests.shop import FakeClock
from tests.tables import every_row, rows


def holds(row, key, decoded):
    """Whether a key stands anywhere in a row, as text or as bytes."""
    texts = {str(value) for value in row.values()}
    parts = {value for value in row.values() if isinstance(value, bytes)}
    return any(key in it for it in texts) or any(decoded in it for it in parts)


@pytest.fixture
async def owner(shop):
    account = await shop.account()
    return await shop.container.units.read(lambda it: find_by_email(it, account.email))


@pytest.fixture
def keys(shop):
    return MailedKeys(Purpose.RESTORE, clock=shop.clock, ttl_seconds=3600)


@pytest.fixture
def write(shop):
    return shop.container.units.write


async def test_a_key_is_used_once(write, keys, owner):
    key = await write(lambda it: keys.issue(it, owner.id))

    first = await write(lambda it: keys.use(it, key))
    second = await write(lambda it: keys.use(it, key))

    assert (first, second) == (owner, None)


async def test_looking_for_the_owner_does_not_use_the_key(write, keys, owner):
    key = await write(lambda it: keys.issue(it, owner.id))

    found = [await write(lambda it: keys.find_owner(it, key)) for _ in range(2)]

    assert found == [owner, owner]
    assert await write(lambda it: keys.use(it, key)) == owner


@pytest.mark.promise("S51")
async def test_only_the_newest_key_of_a_purpose_works(shop, write, keys, owner):
    confirmations = MailedKeys(Purpose.CONFIRMATION, clock=shop.clock, ttl_seconds=3600)
    other_purpose = await write(lambda it: confirmations.issue(it, owner.id))
    older = await write(lambda it: keys.issue(it, owner.id))

    newer = await write(lambda it: keys.issue(it, owner.id))

    assert await write(lambda it: keys.find_owner(it, older)) is None
    assert await write(lambda it: keys.find_owner(it, newer)) == owner
    assert await write(lambda it: confirmations.find_owner(it, other_purpose)) == owner


async def test_a_key_works_for_its_purpose_only(shop, write, keys, owner):
    confirmations = MailedKeys(Purpose.CONFIRMATION, clock=shop.clock, ttl_seconds=3600)
    key = await write(lambda it: keys.issue(it, owner.id))

    assert await write(lambda it: confirmations.use(it, key)) is None
    assert await write(lambda it: keys.use(it, key)) == owner


async def test_a_key_has_expired_at_its_end(shop, write, keys, owner):
    key = await write(lambda it: keys.issue(it, owner.id))
    shop.clock.advance(hours=1)

    assert await write(lambda it: keys.find_owner(it, key)) is None
    assert await write(lambda it: keys.use(it, key)) is None


async def test_void_keys_do_not_work(write, keys, owner):
    key = await write(lambda it: keys.issue(it, owner.id))

    await write(lambda it: keys.void(it, owner.id))

    assert await write(lambda it: keys.use(it, key)) is None


async def test_a_key_that_another_unit_uses_first_is_not_used_again(
    shop, write, keys, owner, monkeypatch
):
    key = await write(lambda it: keys.issue(it, owner.id))
    monkeypatch.setattr(
        "customer_api.credentials.repository.use_key", lambda *_arguments, **_options: False
    )

    assert await write(lambda it: keys.use(it, key)) is None


@pytest.mark.promise("S51")
async def test_no_table_holds_a_mailed_key_once_its_mail_is_sent(shop):
    await shop.register()
    confirmation = await shop.mailed_key()
    await shop.call("POST", "/customer-forgotten-password", {"email": "ada@shop.example"})
    restore = await shop.mailed_key()

    found = await every_row(shop)

    digests = {row["digest"] for table, row in found if table.name == "one_time_keys"}
    assert digests == {hashlib.sha256(it.encode()).digest() for it in (confirmation, restore)}
    for key in (confirmation, restore):
        decoded = base64.urlsafe_b64decode(f"{key}=")
        assert [table.name for table, row in found if holds(row, key, decoded)] == []


@pytest.mark.promise("S51")
async def test_a_thousand_keys_are_different_and_stored_as_digests(shop, write, keys, owner):
    made = await write(lambda it: {keys.issue(it, owner.id) for _ in range(1000)})

    restore_keys = [row for row in await rows(shop, OneTimeKeyRow) if row.purpose == "restore"]
    assert len(made) == 1000
    assert {len(key) for key in made} == {43}
    assert len({row.digest for row in restore_keys}) == 1000
    (working,) = (row for row in restore_keys if row.used_at is None)
    assert working.expires_at - working.created_at == timedelta(hours=1)


@pytest.mark.parametrize(
    ("ttl_seconds", "hours"), [(60, 1), (3600, 1), (7200, 2), (9000, 2), (48 * 3600, 48)]
)
def test_the_mail_names_whole_hours(ttl_seconds, hours):
    keys = MailedKeys(Purpose.RESTORE, clock=FakeClock(), ttl_seconds=ttl_seconds)

    assert keys.ttl_hours == hours


def test_a_link_comes_from_settings_alone():
    link = KeyLink("{storefront}/password/restore?token={key}", "https://www.shop.example")

    assert link.with_key("KEY") == "https://www.shop.example/password/restore?token=KEY"
