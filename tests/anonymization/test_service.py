import asyncio
import hashlib
import logging
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from customer_api.anonymization import repository as receipts
from customer_api.anonymization.models import Actor, ErasureReceiptRow, Receipt
from customer_api.anonymization.registry import BUILT_IN
from customer_api.audit.models import COMMAND_LINE
from customer_api.core.db import Base
from customer_api.core.ids import random_uuid
from customer_api.core.privacy import PERSONAL
from customer_api.customers import repository as customers
from customer_api.customers.models import CustomerRow
from customer_api.groups import member_repository as members
from customer_api.groups import repository as groups
from customer_api.mail.models import MailRow
from customer_api.newsletter import repository as subscriptions
from customer_api.newsletter import request_repository as requests
from customer_api.newsletter import type_repository as newsletters
from customer_api.newsletter.models import Request
from customer_api.notes import repository as notes
from customer_api.orders import repository as orders
from customer_api.plugin import ErasureContext
from customer_api.security.counters import CounterRow
from tests.anonymization import plugins
from tests.anonymization.plugins import entry_point
from tests.order_system import order_values
from tests.shop import PASSWORD, address, only_error
from tests.tables import connect, every_row, rows

EMAIL = "Canary.Ada@canary-shop.example"


def erase(shop, account):
    return shop.call("DELETE", f"/customers/{account.reference}", by=account)


def forget(shop, email):
    return shop.call("POST", "/customer-forgotten-password", {"email": email})


async def receipt_of(shop, account):
    return await shop.container.units.read(lambda it: receipts.find(it, account.reference))


async def full_account(shop, email=EMAIL):
    """Return a customer who has used everything, with a canary in every field that takes text."""
    ada = await shop.account(
        email,
        firstName="canaryFirst",
        lastName="canaryLast",
        phone="canary-phone",
        dateOfBirth="1901-02-03",
    )
    fields = ("firstName", "lastName", "address1", "address2", "address3", "city", "company")
    texts = {name: f"canary {name}" for name in (*fields, "phone", "comment")}
    for number in range(2):
        path = f"/customers/{ada.reference}/addresses"
        added = await shop.call(
            "POST",
            path,
            address(zipCode="canaryZIP", **texts),
            by=ada,
            headers={"Idempotency-Key": f"canary-{number}"},
        )
        assert added.status_code == 201
    await shop.call("DELETE", f"{path}/{added.json()['data']['id']}", by=ada)
    other = await shop.session(ada.reference, email)
    await shop.call("DELETE", f"/refresh-tokens/{other.refresh_token}", by=ada)
    await shop.call("POST", "/refresh-tokens", {"refreshToken": ada.refresh_token})
    await shop.impersonate(ada)
    about_the_operator = delete(CounterRow).where(CounterRow.subject.startswith("operator "))
    await shop.container.units.write(lambda it: it.execute(about_the_operator))
    await shop.log_in(email, "wrong")
    await forget(shop, email)
    wish = {"email": f"new.{email}"}
    await shop.call("PATCH", f"/customers/{ada.reference}", wish, by=ada)
    rest = update(CustomerRow).values(company="canary company", lock_reason="canary reason")
    await shop.container.units.write(lambda it: it.execute(rest))
    await shop.container.units.write(lambda it: _operated(it, email, shop.clock.now()))
    return ada


def _operated(connection, email, now):
    """Leave what operators keep about a customer."""
    customer = customers.find_by_email(connection, email)
    uuid = random_uuid()
    notes.add(connection, customer.id, "canary note", uuid=uuid, author=COMMAND_LINE, now=now)
    group = groups.add(connection, f"VIP {customer.id}", None, uuid=random_uuid(), now=now)
    members.add(connection, group.id, [customer.id], now=now)
    orders.add(connection, f"DE--{customer.id}", order_values(customer.id, now), now=now)
    as_guest = order_values(None, now) | {"guest_email_key": customer.email_key}
    orders.add(connection, f"guest-{customer.id}", as_guest, now=now)
    _subscribe(connection, customer, now)


def _subscribe(connection, customer, now):
    """Leave a newsletter, as far as one can be at the same time."""
    newsletter = newsletters.add(
        connection,
        uuid=random_uuid(),
        name=f"News {customer.id}",
        description=None,
        consent_text="Yes.",
        now=now,
    )
    wish = Request(f"Canary-News{customer.email}", "en_US", "canary footer", 1, now)
    subscriptions.add(
        connection,
        newsletter.id,
        wish,
        customer_id=customer.id,
        confirmed_at=now,
        ended_at=now,
        key_digest=f"canary key {customer.id}".encode(),
        key_expires_at=now,
        wish={"channel": "canary wish"},
    )
    requests.add(connection, newsletter.id, replace(wish, email=customer.email))


async def lock(shop):
    """Lock everybody out, and let sessions go on, so that a customer has something everywhere."""
    locked = update(CustomerRow).values(locked_at=shop.clock.now())
    await shop.container.units.write(lambda it: it.execute(locked))


def personal_values(found):
    """Return the personal columns that hold something, as `table.column`."""
    return {
        f"{table.name}.{column.name}"
        for table, row in found
        for column in table.columns
        if column.info["privacy"] == PERSONAL and row[column.name] not in (None, "", b"")
    }


def canaries(found):
    """Return where something leads back to the erased customer."""
    key = EMAIL.lower()
    needles = ["canary", "1901-02-03", PASSWORD.lower()]
    needles += [
        getattr(hashlib, name)(text.encode()).hexdigest()
        for name in ("md5", "sha1", "sha256")
        for text in (EMAIL, key)
    ]
    return {
        f"{table.name}.{column}"
        for table, row in found
        for column, value in row.items()
        for needle in needles
        if needle in (value.hex() if isinstance(value, bytes) else str(value)).lower()
    }


@pytest.mark.promise("G7", "S109")
async def test_erasure_wipes_every_personal_column_of_every_table(shop):
    ada = await full_account(shop)
    await lock(shop)
    every_column = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.info["privacy"] == PERSONAL
    }
    assert personal_values(await every_row(shop)) == every_column

    assert (await erase(shop, ada)).status_code == 204

    last_mail = {"mails.recipient", "mails.variables"}
    found = await every_row(shop)
    assert canaries(found) == last_mail
    assert personal_values(found) == last_mail | {"customers.email", "customers.email_key"}
    await shop.mails()
    found = await every_row(shop)
    assert canaries(found) == set()
    assert personal_values(found) == {"customers.email", "customers.email_key"}


async def test_the_shell_keeps_identity_and_gets_an_address_that_no_mail_reaches(shop):
    ada = await full_account(shop)
    (before,) = await rows(shop, CustomerRow)
    shop.clock.advance(days=1)
    bob = await shop.account("bob@shop.example")

    await erase(shop, await shop.session(ada.reference, EMAIL))

    after = (await rows(shop, CustomerRow))[0]
    kept = ("id", "reference", "created_at")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert after.anonymized_at == after.updated_at == shop.clock.now()
    assert after.version == before.version + 1
    assert after.email == after.email_key
    assert after.email.startswith("anon-")
    assert after.email.endswith("@anonymized.invalid")
    assert await shop.is_logged_in(bob)


async def test_only_the_erased_customer_is_touched(shop):
    bob = await shop.account("bob@shop.example")
    await shop.call("POST", f"/customers/{bob.reference}/addresses", address(), by=bob)
    await forget(shop, bob.email)
    await shop.mails()
    ada = await shop.account()
    before = [it for it in await every_row(shop) if it[0].name != "mails"]

    await erase(shop, ada)

    after = await every_row(shop)
    of_bob = [it for it in before if _owner(it[1]) == 1]
    assert len(of_bob) >= 4
    assert [it for it in after if it in of_bob] == of_bob


def _owner(row):
    return row.get("customer_id", row.get("id"))


async def test_the_last_mail_goes_to_the_old_address(shop):
    ada = await shop.account("Ada@Shop.Example")

    await erase(shop, ada)

    mail = (await shop.mails())[-1]
    assert (mail["To"], mail["Customer-Reference"]) == ("Ada@Shop.Example", ada.reference)
    assert "account" in mail["Subject"].lower()


async def test_mails_that_waited_are_not_sent(shop):
    ada = await shop.account()
    await forget(shop, ada.email)

    await erase(shop, ada)

    templates = Counter(row.template for row in await rows(shop, MailRow) if row.state == "waiting")
    assert templates == {"account_deleted": 1}


async def test_a_last_mail_that_cannot_be_delivered_is_wiped_after_a_day(shop):
    ada = await shop.account()
    sent_before = len(await shop.mails())
    await erase(shop, ada)
    shop.clock.advance(hours=24)

    mails = await shop.mails()

    assert len(mails) == sent_before
    last = (await rows(shop, MailRow))[-1]
    assert (last.template, last.state, last.recipient, last.variables) == (
        "account_deleted",
        "parked",
        None,
        None,
    )


@pytest.mark.promise("S113")
async def test_the_receipt_says_what_happened_and_names_nobody(shop):
    ada = await full_account(shop)

    await erase(shop, ada)

    assert await receipt_of(shop, ada) == Receipt(
        ada.reference,
        Actor.CUSTOMER,
        shop.clock.now(),
        {
            "rate_limits": 5,
            "restore_requests": 1,
            "newsletter": 2,
            "guest_orders": 1,
            "credentials": 3,
            "tokens": 3,
            "mail": 1,
            "idempotency": 2,
            "notes": 1,
            "groups": 1,
            "addresses": 2,
            "customer": 1,
        },
    )
    assert list((await receipt_of(shop, ada)).rows_by_anonymizer) == [it.name for it in BUILT_IN]


async def test_without_an_erasure_there_is_no_receipt(shop):
    assert await receipt_of(shop, await shop.account()) is None


async def test_every_anonymizer_is_idempotent(shop):
    await full_account(shop)
    (row,) = await rows(shop, CustomerRow)

    def run(connection):
        context = ErasureContext(
            connection=connection,
            customer_id=row.id,
            reference=row.reference,
            email_key=row.email_key,
            now=shop.clock.now(),
        )
        return [anonymizer.erase(context) for anonymizer in BUILT_IN]

    first = await shop.container.units.write(run)
    second = await shop.container.units.write(run)

    assert all(first)
    assert not any(second)


async def test_erasing_twice_changes_nothing(shop):
    ada = await shop.account()
    await erase(shop, ada)
    before = await every_row(shop)
    (row,) = await rows(shop, CustomerRow)
    shop.clock.advance(hours=1)

    def again(connection):
        customer = customers.lock(connection, row.id)
        shop.container.anonymization.erase(connection, customer, Actor.RETENTION)

    await shop.container.units.write(again)

    assert await every_row(shop) == before


async def test_one_of_many_parallel_erasures_happens(open_shop):
    shop, other = await open_shop(), await open_shop()
    ada = await shop.account()
    for each in (shop, other):
        await connect(each)

    answers = await asyncio.gather(*(erase(it, ada) for _ in range(5) for it in (shop, other)))

    assert Counter(answer.status_code for answer in answers) == {204: 1, 401: 9}
    assert len(await rows(shop, ErasureReceiptRow)) == 1
    templates = Counter(row.template for row in await rows(shop, MailRow))
    assert templates["account_deleted"] == 1


async def test_everything_at_once_beside_an_erasure_leaves_nothing(shop):
    ada = await full_account(shop)
    await connect(shop)

    answers = await asyncio.gather(
        shop.call("PATCH", f"/customers/{ada.reference}", {"firstName": "canaryRace"}, by=ada),
        forget(shop, EMAIL),
        shop.log_in(EMAIL),
        erase(shop, ada),
        shop.log_in(EMAIL),
        forget(shop, EMAIL),
        shop.call("POST", "/refresh-tokens", {"refreshToken": ada.refresh_token}),
    )

    assert answers[3].status_code == 204
    assert all(answer.status_code < 500 for answer in answers)
    await shop.container.restore_requests.answer()  # to requests that came after the erasure
    found = [it for it in await every_row(shop) if it[0].name != "counters"]
    assert canaries(found) == {"mails.recipient", "mails.variables"}  # the last mail alone
    assert Counter(row.recipient for row in await rows(shop, MailRow)) == Counter(
        {EMAIL: 1, None: len(await rows(shop, MailRow)) - 1}
    )


@pytest.mark.promise("S118")
async def test_the_address_is_free_and_nothing_of_the_old_account_comes_back(shop):
    old = await full_account(shop)
    await erase(shop, old)

    new = await shop.account(EMAIL)

    assert new.reference != old.reference
    book = await shop.call("GET", f"/customers/{new.reference}/addresses", by=new)
    assert book.json()["data"] == []
    profile = await shop.call("GET", f"/customers/{new.reference}", by=new)
    assert profile.json()["data"]["attributes"]["dateOfBirth"] is None
    assert not await shop.is_logged_in(old)


async def test_plugins_run_before_anything_is_wiped_and_stand_in_the_receipt(open_shop):
    plugins.Loyalty.seen.clear()
    found = [entry_point(plugins.Loyalty), entry_point(plugins.Wishlists)]
    shop = await open_shop(plugins=found)
    ada = await shop.account("Ada@Shop.Example")

    assert (await erase(shop, ada)).status_code == 204

    assert plugins.Loyalty.seen == [(ada.reference, "ada@shop.example", "ada@shop.example")]
    counts = (await receipt_of(shop, ada)).rows_by_anonymizer
    assert list(counts.items())[:2] == [("a-wishlists", 0), ("loyalty", 3)]


@pytest.mark.parametrize("kind", [plugins.Broken, plugins.Refusing])
async def test_a_failing_plugin_leaves_the_customer_as_before(open_shop, kind, caplog):
    shop = await open_shop(plugins=[entry_point(kind)])
    ada = await full_account(shop)
    before = await every_row(shop)

    with caplog.at_level(logging.INFO):
        failed = await erase(shop, ada)

    assert failed.status_code == 500
    assert failed.json()["errors"][0]["detail"] == "Internal Server Error"
    assert "ada@shop.example" not in failed.text
    assert "customer_erased" not in {record.message for record in caplog.records}
    assert await every_row(shop) == before
    assert await shop.is_logged_in(ada)
    assert (await shop.log_in(EMAIL)).status_code == 201


async def test_an_erasure_succeeds_once_its_plugin_is_mended(open_shop, monkeypatch):
    shop = await open_shop(plugins=[entry_point(plugins.Broken)])
    ada = await shop.account()
    await erase(shop, ada)
    monkeypatch.setattr(plugins.Broken, "is_broken", False)

    assert (await erase(shop, ada)).status_code == 204

    (row,) = await rows(shop, CustomerRow)
    assert row.first_name is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_plugin_that_hangs_is_stopped_and_changes_nothing(open_shop):
    shop = await open_shop(
        plugins=[entry_point(plugins.Slow)], database_statement_timeout_seconds=0.2
    )
    ada = await shop.account()

    failed = await erase(shop, ada)

    assert only_error(failed) == (503, None, "Service Unavailable")
    assert await shop.is_logged_in(ada)


@pytest.mark.promise("S113")
async def test_an_erasure_is_logged_by_reference(shop, caplog):
    ada = await shop.account()

    with caplog.at_level(logging.INFO):
        await erase(shop, ada)

    (record,) = (it for it in caplog.records if it.message == "customer_erased")
    assert (record.reference, record.actor) == (ada.reference, Actor.CUSTOMER)
