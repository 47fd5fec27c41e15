"""Hashes in the formats of other systems, from the file to the first login."""

import pytest

from customer_api.credentials.models import CredentialRow
from customer_api.transfers.report import ImportSummary, Refusal
from tests.security import foreign_hashes
from tests.tables import rows
from tests.transfers.conftest import all_but_events
from tests.transfers.files import PASSWORD, customer

HASHES = foreign_hashes.by_format(PASSWORD)
EMAIL = "person.1@shop.example"


async def stored_hash(shop):
    (credential,) = await rows(shop, CredentialRow)
    return credential.password_hash


@pytest.mark.parametrize("spelling", HASHES)
async def test_an_imported_hash_lets_its_owner_in_and_is_replaced(shop, import_rows, spelling):
    summary, _ = await import_rows(customer(1, password=HASHES[spelling]))
    refused = await shop.log_in(EMAIL, "change124")
    before = await stored_hash(shop)

    first = await shop.log_in(EMAIL, PASSWORD)
    after = await stored_hash(shop)
    second = await shop.log_in(EMAIL, PASSWORD)

    assert summary == ImportSummary(created=1)
    assert [it.status_code for it in (refused, first, second)] == [401, 201, 201]
    own = shop.container.hasher.own_kind
    assert (before.startswith(own), after.startswith(own)) == (False, True)
    assert await stored_hash(shop) == after


@pytest.mark.parametrize("spelling", HASHES)
async def test_a_second_import_of_a_hash_changes_nothing(shop, import_rows, spelling):
    file = [customer(1, password=HASHES[spelling])]
    await import_rows(*file)
    before = await all_but_events(shop)

    summary, _ = await import_rows(*file, overwrites_passwords=True)

    assert summary == ImportSummary(unchanged=1)
    assert await all_but_events(shop) == before


async def test_hashes_that_cannot_be_verified_are_refused_by_line(import_rows):
    summary, refusals = await import_rows(
        customer(1, password="pbkdf2_sha256$9999999$salt$" + "A" * 43 + "="),
        customer(2, password="{SSHA}damaged"),
        customer(3, password="0" * 64 + ":somesaltsomesalt:2"),
        customer(4),
    )

    assert summary == ImportSummary(created=1, refused=3)
    assert refusals == [
        Refusal(2, "DE--1", "password: PBKDF2 of too high a cost (at most 2000000 iterations)"),
        Refusal(3, "DE--2", "password: not a whole LDAP hash"),
        Refusal(
            4,
            "DE--3",
            "password: a hash of Magento's version 2 or 3 (argon2id13) cannot be verified",
        ),
    ]
