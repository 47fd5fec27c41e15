"""What an import does to passwords (`importing`)."""

import pytest
from sqlalchemy import update

from customer_api.credentials.models import CredentialRow
from customer_api.customers.models import CustomerRow
from customer_api.transfers.customers.columns import parse_hash_or_clear_text
from customer_api.transfers.report import ImportSummary
from tests.shop import OTHER_PASSWORD, START
from tests.tables import rows
from tests.transfers.conftest import all_but_events
from tests.transfers.files import BCRYPT, OTHER_BCRYPT, PASSWORD, customer

EMAIL = "person.1@shop.example"
CLEAR = {"parse_password": parse_hash_or_clear_text}


async def can_log_in(shop, password):
    return (await shop.log_in(EMAIL, password)).status_code == 201


async def test_a_customer_without_a_password_gets_none_and_can_get_one_later(shop, import_rows):
    await import_rows(customer(1, password=""))
    assert await rows(shop, CredentialRow) == []
    shop.clock.advance(days=1)

    summary, _ = await import_rows(customer(1))

    assert summary == ImportSummary(updated=1)
    assert await can_log_in(shop, PASSWORD)
    (stored,) = await rows(shop, CustomerRow)
    assert (stored.updated_at, stored.version) == (START, 1)


async def test_a_password_that_was_changed_since_stays(shop, import_rows):
    await import_rows(customer(1))
    account = await shop.session("DE--1", EMAIL, PASSWORD)

    summary, _ = await import_rows(customer(1, password=OTHER_BCRYPT))

    assert summary == ImportSummary(unchanged=1)
    assert await can_log_in(shop, PASSWORD)
    assert await shop.is_logged_in(account)


@pytest.mark.parametrize("options", [{}, CLEAR])
async def test_a_password_that_was_removed_comes_back_by_no_file(shop, import_rows, options):
    await import_rows(customer(1))
    removed = update(CredentialRow).values(password_hash=None)
    await shop.container.units.write(lambda it: it.execute(removed))
    password = PASSWORD if options else BCRYPT

    summary, _ = await import_rows(customer(1, password=password), **options)
    was_removed = not await can_log_in(shop, PASSWORD)
    await import_rows(customer(1, password=password), **options, overwrites_passwords=True)

    assert summary == ImportSummary(unchanged=1)
    assert was_removed
    assert await can_log_in(shop, PASSWORD)


async def test_overwriting_replaces_it_and_ends_sessions_and_restores(shop, import_rows):
    await import_rows(customer(1))
    account = await shop.session("DE--1", EMAIL, PASSWORD)
    await shop.call("POST", "/customer-forgotten-password", {"email": EMAIL})
    key = await shop.mailed_key()

    summary, _ = await import_rows(customer(1, password=OTHER_BCRYPT), overwrites_passwords=True)

    assert summary == ImportSummary(updated=1)
    assert not await shop.is_logged_in(account)
    assert not await can_log_in(shop, PASSWORD)
    restored = await shop.call(
        "PATCH",
        "/customer-restore-password/DE--1",
        {
            "restorePasswordKey": key,
            "password": OTHER_PASSWORD,
            "confirmPassword": OTHER_PASSWORD,
        },
    )
    assert restored.status_code == 422
    assert await can_log_in(shop, "another456")


async def test_overwriting_voids_a_pending_change_of_the_email(shop, import_rows):
    await import_rows(customer(1))
    account = await shop.session("DE--1", EMAIL, PASSWORD)
    await shop.change_email(account, "thief@shop.example")
    key = await shop.mailed_key("email/confirm")

    await import_rows(customer(1, password=OTHER_BCRYPT), overwrites_passwords=True)

    assert (await shop.confirm_email(key, "another456")).status_code == 422
    assert await can_log_in(shop, "another456")


async def test_overwriting_voids_the_undo_of_an_earlier_change(shop, import_rows):
    await import_rows(customer(1))
    await shop.call("POST", "/customer-forgotten-password", {"email": EMAIL})
    await shop.restore(await shop.mailed_key("password/restore"))
    key = await shop.mailed_key("password/undo")

    await import_rows(customer(1, password=OTHER_BCRYPT), overwrites_passwords=True)

    assert (await shop.undo_password(key)).status_code == 422
    assert await can_log_in(shop, "another456")


async def test_overwriting_with_the_stored_hash_changes_nothing(shop, import_rows):
    await import_rows(customer(1))
    before = await all_but_events(shop)

    summary, _ = await import_rows(customer(1), overwrites_passwords=True)

    assert summary == ImportSummary(unchanged=1)
    assert await all_but_events(shop) == before


async def test_an_empty_cell_overwrites_no_password(shop, import_rows):
    await import_rows(customer(1))

    summary, _ = await import_rows(customer(1, password=""), overwrites_passwords=True)

    assert summary == ImportSummary(unchanged=1)
    assert await can_log_in(shop, PASSWORD)


async def test_clear_text_is_hashed_whatever_the_policy(shop, import_rows):
    summary, _ = await import_rows(customer(1, password=PASSWORD), customer(2), **CLEAR)

    first, second = await rows(shop, CredentialRow)
    assert summary == ImportSummary(created=2)
    assert first.password_hash.startswith("$argon2id$")
    assert second.password_hash == BCRYPT
    assert await can_log_in(shop, PASSWORD)


@pytest.mark.parametrize("overwrites_passwords", [False, True])
async def test_the_same_clear_text_changes_nothing(shop, import_rows, overwrites_passwords):
    file = [customer(1, password=PASSWORD)]
    await import_rows(*file, **CLEAR)
    before = await all_but_events(shop)

    summary, _ = await import_rows(*file, **CLEAR, overwrites_passwords=overwrites_passwords)

    assert summary == ImportSummary(unchanged=1)
    assert await all_but_events(shop) == before


async def test_another_clear_text_replaces_the_password_on_demand_alone(shop, import_rows):
    await import_rows(customer(1))
    file = [customer(1, password="another456")]

    kept, _ = await import_rows(*file, **CLEAR)
    was_kept = await can_log_in(shop, PASSWORD)
    replaced, _ = await import_rows(*file, **CLEAR, overwrites_passwords=True)

    assert (kept, was_kept) == (ImportSummary(unchanged=1), True)
    assert replaced == ImportSummary(updated=1)
    assert await can_log_in(shop, "another456")
