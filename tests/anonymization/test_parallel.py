"""Erasures beside everything else, and beside each other, on two applications with one database."""

import asyncio
import logging
from collections import Counter

import pytest

from customer_api.addresses.models import AddressRow
from customer_api.anonymization.models import ErasureReceiptRow
from customer_api.customers.models import CustomerRow
from customer_api.mail.models import MailRow
from customer_api.tokens.models import SessionRow
from tests.anonymization.test_service import EMAIL, canaries, erase, full_account
from tests.shop import address, only_error
from tests.tables import connect, every_row, rows


@pytest.fixture
async def shops(open_shop):
    return [await open_shop(hash_threads=4) for _ in range(2)]


@pytest.mark.promise("S107")
async def test_only_the_owner_deletes_and_only_once(shop):
    bob = await shop.account("bob@shop.example")
    ada = await shop.account()
    path = f"/customers/{ada.reference}"

    answers = [
        await shop.call("DELETE", path),
        await shop.call("DELETE", path, by=bob),
        await shop.call("DELETE", path, by=ada),
        await shop.call("DELETE", path, by=ada),
    ]

    assert only_error(answers[0])[:2] == (403, "002")
    assert only_error(answers[1])[:2] == (403, "411")
    assert (answers[2].status_code, answers[2].content) == (204, b"")
    assert only_error(answers[3])[:2] == (401, "001")
    assert await shop.is_logged_in(bob)


@pytest.mark.promise("S108")
async def test_one_erasure_wins_and_nothing_is_written_after_it(shops, caplog):
    shop, _ = shops
    ada = await full_account(shop)
    ada = await shop.session(ada.reference, EMAIL)
    for each in shops:
        await connect(each)
    path = f"/customers/{ada.reference}"
    book = f"{path}/addresses"
    refresh = {"refreshToken": ada.refresh_token}

    with caplog.at_level(logging.INFO):
        deletes, others = await asyncio.gather(
            asyncio.gather(*(erase(shops[it % 2], ada) for it in range(20))),
            asyncio.gather(
                *(it.call("PATCH", path, {"firstName": "canaryRace"}, by=ada) for it in shops * 3),
                *(it.call("POST", book, address(city="canaryRace"), by=ada) for it in shops * 3),
                *(it.call("POST", "/refresh-tokens", refresh) for it in shops),
                *(it.log_in(EMAIL) for it in shops),
            ),
        )

    assert Counter(it.status_code for it in deletes) == {204: 1, 401: 19}
    assert {it.status_code for it in others} <= {200, 201, 401}
    found = [it for it in await every_row(shop) if it[0].name != "counters"]
    assert canaries(found) == {"mails.recipient", "mails.variables"}  # the last mail alone
    assert await rows(shop, SessionRow) == []
    assert all(row.city is None for row in await rows(shop, AddressRow))
    assert len(await rows(shop, ErasureReceiptRow)) == 1
    assert [it.message for it in caplog.records].count("customer_erased") == 1
    templates = Counter(row.template for row in await rows(shop, MailRow))
    assert templates["account_deleted"] == 1


@pytest.mark.promise("S118")
async def test_registering_again_beside_the_deletion_starts_from_nothing(shops):
    shop, other = shops
    old = await full_account(shop)
    await shop.call("POST", "/customer-forgotten-password", {"email": EMAIL})
    old_key = await shop.mailed_key()
    for each in shops:
        await connect(each)

    deleted, *registered = await asyncio.gather(
        erase(shop, old), *(other.register(email=EMAIL) for _ in range(5))
    )
    if all(it.status_code == 422 for it in registered):  # pragma: no cover - who wins is chance
        registered.append(await other.register(email=EMAIL))

    accepted = [it for it in registered if it.status_code == 201]
    reference = accepted[0].json()["data"]["id"]
    living = [row for row in await rows(shop, CustomerRow) if row.anonymized_at is None]
    assert deleted.status_code == 204
    assert {it.status_code for it in registered} <= {201, 422}
    assert [row.reference for row in living] == [reference] != [old.reference]
    assert living[0].phone is None
    assert living[0].date_of_birth is None
    addresses = await rows(shop, AddressRow)
    assert {row.customer_id for row in addresses} == {
        row.id for row in await customers_of(shop, old)
    }
    assert not await shop.is_logged_in(old)
    assert (await shop.restore(old_key)).status_code == 422
    assert len(accepted) == 1


async def customers_of(shop, account):
    return [row for row in await rows(shop, CustomerRow) if row.reference == account.reference]
