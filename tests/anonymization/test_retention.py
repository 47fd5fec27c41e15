import asyncio
import logging

import pytest
from sqlalchemy import text, update

from customer_api.anonymization import repository as receipts
from customer_api.anonymization import retention
from customer_api.anonymization.models import Actor, ErasureReceiptRow
from customer_api.anonymization.retention import RetentionTerms
from customer_api.core.errors import DatabaseUnavailable
from customer_api.customers import repository as customers
from customer_api.customers.models import CustomerRow, NewCustomer
from customer_api.customers.search import pages as search
from customer_api.security.counters import CounterRow
from tests.anonymization import plugins
from tests.anonymization.plugins import entry_point
from tests.tables import rows


async def erased(shop):
    """Return the numbers of the customers that are erased."""
    return {row.id for row in await rows(shop, CustomerRow) if row.anonymized_at is not None}


async def import_customer(shop, email, *, registered_at=None):
    new = NewCustomer(
        reference=f"DE--{email}",
        email=email,
        salutation=None,
        first_name=None,
        last_name=None,
        gender=None,
        date_of_birth=None,
        company=None,
        phone=None,
        locale=None,
        registered_at=registered_at,
    )
    now = shop.clock.now()
    return await shop.container.units.write(lambda it: customers.add(it, new, now=now))


async def test_a_registration_is_kept_for_thirty_days_and_not_a_microsecond_longer(shop):
    await shop.register()
    shop.clock.advance(days=30)
    assert await shop.container.retention.erase_unconfirmed() == 0
    shop.clock.advance(microseconds=1)

    assert await shop.container.retention.erase_unconfirmed() == 1

    assert await erased(shop) == {1}
    assert await shop.container.retention.erase_unconfirmed() == 0


async def test_receipt_and_event_name_retention_and_an_unproven_mailbox_gets_no_mail(shop, caplog):
    created = await shop.register()
    await shop.mails()
    shop.clock.advance(days=31)

    with caplog.at_level(logging.INFO):
        await shop.container.retention.erase_unconfirmed()

    reference = created.json()["data"]["id"]
    (event,) = (it for it in caplog.records if it.message == "customer_erased")
    assert (event.reference, event.actor) == (reference, Actor.RETENTION)
    receipt = await shop.container.units.read(lambda it: receipts.find(it, reference))
    assert (receipt.actor, receipt.erased_at) == (Actor.RETENTION, shop.clock.now())
    assert len(await shop.mails()) == 1


async def test_the_address_can_register_again_as_somebody_new(shop):
    first = await shop.register()
    shop.clock.advance(days=31)
    await shop.container.retention.erase_unconfirmed()

    second = await shop.register()

    assert second.status_code == 201
    assert second.json()["data"]["id"] != first.json()["data"]["id"]


async def test_another_attempt_starts_the_time_anew(shop):
    await shop.register()
    shop.clock.advance(days=29)
    await shop.register()
    shop.clock.advance(days=30)

    assert await shop.container.retention.erase_unconfirmed() == 0

    shop.clock.advance(microseconds=1)
    assert await shop.container.retention.erase_unconfirmed() == 1


async def test_confirmed_customers_are_never_erased(shop):
    await shop.account()
    shop.clock.advance(days=4000)

    assert await shop.container.retention.erase_unconfirmed() == 0
    assert await erased(shop) == set()


async def test_customers_that_came_without_double_opt_in_are_never_erased(open_shop):
    shop = await open_shop(double_opt_in=False)
    await shop.register()
    shop.clock.advance(days=4000)

    assert await shop.container.retention.erase_unconfirmed() == 0


async def test_imported_customers_are_never_erased_even_after_an_attempt_to_register(shop):
    await import_customer(shop, "ada@shop.example")
    await import_customer(shop, "bob@shop.example")
    assert (await shop.register(email="ada@shop.example")).status_code == 422
    shop.clock.advance(days=4000)

    assert await shop.container.retention.erase_unconfirmed() == 0
    assert await erased(shop) == set()


async def test_zero_days_mean_never(open_shop):
    shop = await open_shop(unconfirmed_ttl_days=0)
    await shop.register()
    shop.clock.advance(days=4000)

    assert await shop.container.retention.erase_unconfirmed() == 0
    assert await erased(shop) == set()


async def test_all_overdue_go_in_batches_the_oldest_first(shop, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    for name in ("ada", "bob", "cy"):
        await shop.register(email=f"{name}@shop.example")
        shop.clock.advance(minutes=1)
    shop.clock.advance(days=30)

    counts = [await shop.container.retention.erase_unconfirmed() for _ in range(2)]

    assert counts == [3, 0]
    assert await erased(shop) == {1, 2, 3}
    receipts_in_order = [row.customer_id for row in await rows(shop, ErasureReceiptRow)]
    assert receipts_in_order == [1, 2, 3]


@pytest.fixture
def before_each_erasure(shop, monkeypatch):
    """Do something between the unit that lists the overdue and the unit that erases one."""
    erase = shop.container.retention._try_to_erase  # noqa: SLF001 - the moment between two units

    def do(something):
        async def something_first(customer_id, before):
            await something()
            return await erase(customer_id, before)

        monkeypatch.setattr(shop.container.retention, "_try_to_erase", something_first)

    return do


async def test_a_customer_who_confirms_in_the_middle_is_spared(
    shop, monkeypatch, before_each_erasure
):
    await shop.register()
    key = await shop.mailed_key()
    shop.clock.advance(hours=47)
    terms = RetentionTerms(1, 30, 14, 90, 30, 1095, 365)
    monkeypatch.setattr(shop.container.retention, "_terms", terms)
    before_each_erasure(lambda: shop.confirm(key))

    assert await shop.container.retention.erase_unconfirmed() == 0

    assert await erased(shop) == set()
    assert (await shop.log_in()).status_code == 201


async def test_an_attempt_in_the_middle_gives_another_term(shop, before_each_erasure):
    await shop.register()
    shop.clock.advance(days=31)
    before_each_erasure(shop.register)

    assert await shop.container.retention.erase_unconfirmed() == 0

    assert await erased(shop) == set()


async def test_two_workers_erase_each_customer_once(open_shop):
    shop, other = await open_shop(), await open_shop()
    for number in range(6):
        await shop.register(email=f"{number}@shop.example")
    for each in (shop, other):
        each.clock.advance(days=31)

    await asyncio.gather(*(it.container.retention.erase_unconfirmed() for it in (shop, other)))

    assert await erased(shop) == set(range(1, 7))
    assert len(await rows(shop, ErasureReceiptRow)) == 6


async def test_one_who_cannot_be_erased_holds_up_nobody(open_shop, monkeypatch, caplog):
    shop = await open_shop(plugins=[entry_point(plugins.Stubborn)])
    for name in ("ada", "bob", "cy"):
        await shop.register(email=f"{name}@shop.example")
    shop.clock.advance(days=31)
    monkeypatch.setattr(plugins.Stubborn, "keeps", 1)

    counts = [await shop.container.retention.erase_unconfirmed() for _ in range(2)]

    assert counts == [2, 0]
    assert await erased(shop) == {2, 3}
    failures = [it for it in caplog.records if it.msg == "customer_not_erased"]
    assert [(it.customer_id, it.code) for it in failures] == [(1, "RuntimeError")] * 2


async def test_retention_stops_while_the_database_is_away(shop, monkeypatch):
    await shop.register()
    shop.clock.advance(days=31)

    async def unavailable(_work):
        raise DatabaseUnavailable

    monkeypatch.setattr(shop.container.retention._units, "write", unavailable)  # noqa: SLF001 - fails

    with pytest.raises(DatabaseUnavailable):
        await shop.container.retention.erase_unconfirmed()

    assert await erased(shop) == set()


async def test_counters_are_purged_when_they_count_no_more(shop):
    await shop.log_in("nobody@shop.example")
    before = len(await rows(shop, CounterRow))
    shop.clock.advance(hours=24, microseconds=-1)
    await shop.container.retention.purge_counters()
    shop.clock.advance(microseconds=1)

    assert await shop.container.retention.purge_counters() == before - 1  # the client's went before

    assert await rows(shop, CounterRow) == []


@pytest.fixture
def stop_after(shop, monkeypatch):
    """Stop retention after so many rounds, which follow each other without a pause."""
    monkeypatch.setattr(retention, "INTERVAL_SECONDS", 0.0)
    stop = asyncio.Event()

    def count(rounds):
        purge = shop.container.retention.purge_counters
        left = iter(range(rounds - 1, -1, -1))

        async def purge_and_count():
            if next(left) == 0:
                stop.set()
            return await purge()

        monkeypatch.setattr(shop.container.retention, "purge_counters", purge_and_count)
        return stop

    return count


async def test_the_worker_does_everything_until_it_is_stopped(shop, stop_after):
    await shop.register()
    shop.clock.advance(days=31)

    await shop.container.retention.run(stop_after(2))

    assert await erased(shop) == {1}


async def test_the_worker_outlives_a_lost_database_and_logs_no_text(
    shop, stop_after, monkeypatch, caplog
):
    await shop.register()
    shop.clock.advance(days=31)
    read = shop.container.units.read
    failures = iter([DatabaseUnavailable(), ValueError("ada@shop.example")])

    async def fail_first(work):
        error = next(failures, None)
        if error is not None:
            raise error
        return await read(work)

    monkeypatch.setattr(shop.container.units, "read", fail_first)

    with caplog.at_level(logging.INFO):
        await shop.container.retention.run(stop_after(3))

    monkeypatch.undo()
    codes = [it.code for it in caplog.records if it.message == "retention_failed"]
    assert codes == ["DatabaseUnavailable", "ValueError"]
    assert "ada@shop.example" not in caplog.text
    assert await erased(shop) == {1}


async def test_a_worker_that_is_stopped_does_nothing(shop):
    await shop.register()
    shop.clock.advance(days=31)
    stop = asyncio.Event()
    stop.set()

    await shop.container.retention.run(stop)

    assert await erased(shop) == set()


async def test_the_full_text_index_is_rewritten_after_an_erasure_and_only_then(shop, monkeypatch):
    compacted = []
    monkeypatch.setattr(search, "compact", compacted.append)
    account = await shop.account()
    await shop.container.retention.run_once()
    before = len(compacted)
    await shop.call("DELETE", f"/customers/{account.reference}", by=account)
    shop.clock.advance(minutes=10)
    await shop.container.retention.run_once()
    after = len(compacted)
    shop.clock.advance(minutes=10)
    await shop.container.retention.run_once()

    assert (before, after, len(compacted)) == (0, 1, 1)


async def test_an_erasure_that_is_committed_late_is_not_forgotten(shop, monkeypatch):
    compacted = []
    monkeypatch.setattr(search, "compact", compacted.append)
    account = await shop.account()
    began_at = shop.clock.now()
    shop.clock.advance(minutes=1)
    await shop.container.retention.compact_search()
    late = update(CustomerRow).values(anonymized_at=began_at)
    await shop.container.units.write(lambda it: it.execute(late))
    await shop.container.retention.compact_search()

    assert account
    assert len(compacted) == 1


async def test_a_compacted_index_has_no_letters_of_the_erased(shop):
    account = await shop.account(firstName="Quetzalcoatl")
    await shop.call("DELETE", f"/customers/{account.reference}", by=account)

    await shop.container.retention.compact_search()

    blocks = await shop.container.units.read(_blocks)
    assert not [block for block in blocks if b"etz" in block]


def _blocks(connection):
    """Return what the full-text index consists of; PostgreSQL has none."""
    if connection.dialect.name == "postgresql":
        return []
    return connection.execute(text("SELECT block FROM customer_search_data")).scalars().all()
