"""Erasure and the files of an embedded database."""

import pytest

from tests.shop import address

CANARY = "Quetzalcoatl"


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def files(tmp_path):
    """Read all files of the database, its log included."""
    return lambda: b"".join(file.read_bytes() for file in tmp_path.glob("test.sqlite3*"))


async def test_no_copy_is_left_after_the_last_mail(shop, files):
    account = await shop.account(firstName=CANARY, email="quetzal@shop.example")
    await shop.call(
        "POST", f"/customers/{account.reference}/addresses", address(city=CANARY), by=account
    )
    assert CANARY.encode() in files()

    await shop.call("DELETE", f"/customers/{account.reference}", by=account)
    await shop.mails()

    assert account.reference.encode() in files()
    assert CANARY.encode() not in files()
    assert b"quetzal" not in files()


async def test_no_copy_is_left_of_a_registration_that_was_never_confirmed(shop, files):
    await shop.register(firstName=CANARY, email="quetzal@shop.example")
    shop.clock.advance(days=31)

    await shop.container.retention.erase_unconfirmed()

    assert CANARY.encode() not in files()
    assert b"quetzal" not in files()
